import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import swc from '@swc/core';

const swcOptions = JSON.parse(readFileSync(join(import.meta.dirname, '../../.swcrc'), 'utf8'));

const EMPTY_MAP = Buffer.from(JSON.stringify({ version: 3, sources: [''], mappings: 'A' })).toString('base64');

/** esbuild emits no decorator metadata, so TypeScript with decorators goes through swc first. */
const decorators = {
  name: 'decorators',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = readFileSync(path, 'utf8');
      if (!/^\s*@[A-Z]/m.test(source)) return { contents: source, loader: 'ts' };
      const { code } = await swc.transform(source, { ...swcOptions, swcrc: false, configFile: false, filename: path });
      return { contents: code, loader: 'js' };
    });
  },
};

/**
 * What is installed beside the bundle instead of being in it: what tracing hooks by its name (pg, grpc-js) or is itself found by name
 * (OpenTelemetry's loader), what has native parts (Temporal, SWC, msgpackr-extract) or starts threads from its own files, and what is read from its folder (Swagger UI).
 */
const OUTSIDE = /^(pg|@grpc\/[^/]+|@opentelemetry\/(?!api$)[^/]+|@temporalio\/[^/]+|@swc\/[^/]+|swagger-ui-dist|msgpackr-extract)(\/|$)/;

/** An app of some thousand files takes two to four times the processor time to start: after each deploy and each crash. */
const npmInside = {
  name: 'npm-inside',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ kind, path, importer, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === npmInside) return undefined;
      if (OUTSIDE.test(path)) return { path, external: true };
      // Peers that NestJS looks for and that nobody installed: looking for them must go on failing.
      const { errors } = await build.resolve(path, { kind, importer, resolveDir, pluginData: npmInside });
      return errors.length > 0 && importer.includes('node_modules') ? { path, external: true } : undefined;
    });
    // Maps of packages would be ten times as large as ours, and are read at the first error (esbuild's issue 1685 has the trick).
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => ({
      contents: `${await readFile(path, 'utf8')}\n//# sourceMappingURL=data:application/json;base64,${EMPTY_MAP}`,
      loader: 'js',
    }));
  },
};

/** How esbuild makes a Node app of ours into ESM, for deployment and for tests alike; without entries and output folder. */
export const appBundleOptions = {
  outExtension: { '.js': '.mjs' },
  chunkNames: '[name]-[hash]',
  bundle: true,
  // main.ts imports the rest of the app dynamically, after tracing has been set up: without splitting it would be hoisted.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  keepNames: true,
  logLevel: 'warning',
  // Decorators need it, and a bundle puts modules into another order than their imports say.
  inject: [fileURLToPath(import.meta.resolve('reflect-metadata'))],
  plugins: [decorators, npmInside],
  legalComments: 'linked',
  // CommonJS packages inside an ES module.
  banner: {
    js: [
      `import { createRequire as requireOf } from 'node:module';`,
      'const require = requireOf(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;',
    ].join('\n'),
  },
};
