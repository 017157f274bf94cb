import { join } from 'node:path';
import { LANGSMITH_ALIASES, POLYFILLS } from '@holdfast/agent-runtime/worker';
import { type Plugin, build } from 'esbuild';
import { WORKSPACE } from '../workspace.ts';
import { BUNDLE_NAME, type BundledGraphs, inMemory } from './bundle-graphs.ts';
import { TRIAL } from './stack-places.ts';

/** A script that builds and checks the graphs when it is run in a sandbox, and leaves `__describe` there; its value is `Tried[]`. With its source map. */
export async function bundleTrial(folder: string, bundle: BundledGraphs): Promise<{ code: string; map: string }> {
  const contents = `
    import ${JSON.stringify(POLYFILLS)};
    import { describeTried, tryGraphs } from ${JSON.stringify(join(import.meta.dirname, 'sandbox/try-graphs.ts'))};
    import { GRAPHS } from '@holdfast/graph-definitions';
    import { exported } from ${JSON.stringify(join(folder, BUNDLE_NAME))};
    const tried = tryGraphs(exported(), GRAPHS.map(({ graphId }) => graphId));
    globalThis.__describe = () => describeTried(tried);
    globalThis.__tried = tried;`;
  const { outputFiles } = await build({
    absWorkingDir: folder,
    stdin: { contents, resolveDir: WORKSPACE, sourcefile: 'trial', loader: 'js' },
    outfile: join(folder, TRIAL),
    bundle: true,
    write: false,
    format: 'iife',
    footer: { js: '__tried' },
    platform: 'browser',
    target: 'es2022',
    keepNames: true,
    sourcemap: 'external',
    logLevel: 'silent',
    tsconfigRaw: {},
    plugins: [asInWorkflowBundle, inMemory(folder, bundle)],
  });
  const text = (extension: string): string => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? '';
  return { code: text('.js'), map: text('.map') };
}

/** MAINTENANCE: the aliases of libs/agent-runtime/src/worker/bundler.ts, in webpack's spelling. */
const asInWorkflowBundle: Plugin = {
  name: 'as-in-workflow-bundle',
  setup({ onResolve }) {
    onResolve({ filter: /^langsmith/ }, ({ path }) => {
      const alias = LANGSMITH_ALIASES[`${path}$`];
      return alias === undefined ? undefined : { path: alias };
    });
  },
};
