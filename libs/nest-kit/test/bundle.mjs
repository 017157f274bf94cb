// node test/bundle.mjs <entry.ts> <outdir>: bundles like tools/build-app.mjs does. esbuild refuses to run in Jest's realm.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import swc from '@swc/core';
import esbuild from 'esbuild';

const [entry, outdir] = process.argv.slice(2);
const swcOptions = JSON.parse(readFileSync(join(import.meta.dirname, '../../../.swcrc'), 'utf8'));
await esbuild.build({
  entryPoints: { main: entry },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  keepNames: true,
  logLevel: 'warning',
  plugins: [
    {
      name: 'like-tools-build-app',
      setup(build) {
        build.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
          kind === 'entry-point' || path.startsWith('@holdfast/') ? undefined : { path, external: true },
        );
        build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
          const source = readFileSync(path, 'utf8');
          if (!/^\s*@[A-Z]/m.test(source)) return { contents: source, loader: 'ts' };
          const { code } = await swc.transform(source, { ...swcOptions, swcrc: false, configFile: false, filename: path });
          return { contents: code, loader: 'js' };
        });
      },
    },
  ],
});
