// node test/bundle.mjs: bundles the app and its crashing twin into node_modules/.cache, so that tests start them in a fraction of a second.
// A process of its own because esbuild refuses to run in Jest's realm.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import swc from '@swc/core';
import esbuild from 'esbuild';

const app = join(import.meta.dirname, '..');
const swcOptions = JSON.parse(readFileSync(join(app, '../../.swcrc'), 'utf8'));

await esbuild.build({
  entryPoints: { main: join(app, 'src/main.ts'), 'crashing-bridge': join(app, 'test/crashing-bridge.ts') },
  outdir: join(app, 'node_modules/.cache/test-bundles'),
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
