import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { WORKSPACE } from '../workspace.ts';
import { importProblem, isOurs } from './import-rules.ts';

const REQUIRED = 'holdfast-required';
const OUR_ZOD = join(WORKSPACE, 'node_modules/zod/');
/** Marks resolutions that we ask esbuild for ourselves. */
const AS_USUAL = Symbol('resolved by esbuild alone');

/**
 * What the imports of a graph mean: LangGraph and our helpers stay imports of the workspace's packages, modules that are refused stay
 * imports too (so that the metafile shows whether anything really uses them), everything else becomes part of the bundle.
 */
export const graphImports: Plugin = {
  name: 'graph-imports',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async (args): Promise<OnResolveResult | undefined> => {
      const { path, kind, namespace, pluginData } = args;
      if (kind === 'entry-point' || pluginData === AS_USUAL) return undefined;
      if (namespace === REQUIRED) return { path, external: true };
      // `events` may be a package with the name of a built-in module
      if (isBuiltin(path) && !path.startsWith('node:')) return (await installed(build, args)) ?? { path, external: true, sideEffects: false };
      if (importProblem(path) !== undefined) return { path, external: true, sideEffects: false };
      return isOurs(path) || (await isOurZod(build, args)) ? fromWorkspace(args) : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({ contents: `export * from ${JSON.stringify(path)};`, resolveDir: WORKSPACE }));
  },
};

/** A bundle has no `require`: what CommonJS code requires of ours is imported by a module between. */
function fromWorkspace({ path, kind }: OnResolveArgs): OnResolveResult {
  return kind === 'require-call' ? { path, namespace: REQUIRED } : { path, external: true };
}

async function installed(build: PluginBuild, { path, kind, importer, resolveDir }: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: AS_USUAL });
  return found.errors.length > 0 || found.external ? undefined : { path: found.path, namespace: found.namespace, sideEffects: found.sideEffects };
}

/** A folder may have a zod of its own; without one, or with ours, there is one instance. */
async function isOurZod(build: PluginBuild, args: OnResolveArgs): Promise<boolean> {
  if (!/^zod(\/|$)/.test(args.path)) return false;
  const found = await installed(build, args);
  return found?.path === undefined || found.path.startsWith(OUR_ZOD);
}
