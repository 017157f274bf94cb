import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import swc from '@swc/core';

const swcOptions = JSON.parse(readFileSync(join(import.meta.dirname, '../../.swcrc'), 'utf8'));

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

/** Own libraries are source only, so they are bundled; everything from npm is installed beside the bundle. */
const npmOutside = {
  name: 'npm-outside',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
      kind === 'entry-point' || path.startsWith('@holdfast/') ? undefined : { path, external: true },
    );
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
  plugins: [decorators, npmOutside],
};
