import { join } from 'node:path';
import type { BundleOptions } from '@temporalio/worker';
import { HoistGlobals } from './hoist-globals.ts';
import { LANGSMITH_ALIASES, STRIP_ERRORS_RULE, SandboxPatches } from './sandbox-patches.ts';
import type { WebpackConfiguration } from './webpack.ts';

/** Options of {@link withLangGraph}. */
export interface LangGraphBundlerOptions {
  /** Absolute paths of modules that call `registerGraphs`; evaluated once per V8 context. Default: none. */
  readonly graphModules?: readonly string[];
}

const PRELOAD = join(import.meta.dirname, '../workflow/sandbox/preload.ts');
const WORKSPACE = join(import.meta.dirname, '../../../..');

/** Bundler options that make LangGraph run in the workflow sandbox, added to the given ones. */
export function withLangGraph(options: BundleOptions, { graphModules = [] }: LangGraphBundlerOptions): BundleOptions {
  const hook = options.webpackConfigHook ?? ((config) => config);
  return {
    ...options,
    preloadModules: [PRELOAD, ...graphModules, ...(options.preloadModules ?? [])],
    webpackConfigHook: (config) => patched(hook(config)),
  };
}

function patched(config: WebpackConfiguration): WebpackConfiguration {
  return {
    ...config,
    // Module names are relative to it: the same sources give the same bundle in every working directory.
    context: WORKSPACE,
    resolve: { ...config.resolve, alias: { ...aliasesOf(config), ...LANGSMITH_ALIASES } },
    module: { ...config.module, rules: [...(config.module?.rules ?? []).map(withModernTarget), STRIP_ERRORS_RULE] },
    plugins: [...(config.plugins ?? []), new SandboxPatches(), new HoistGlobals()],
  };
}

function aliasesOf(config: WebpackConfiguration): Record<string, string | false | string[]> {
  const alias = config.resolve?.alias;
  if (Array.isArray(alias)) throw new Error('the Temporal bundler states its aliases in another form; review worker/bundler.ts');
  return { ...alias };
}

type Rule = NonNullable<NonNullable<WebpackConfiguration['module']>['rules']>[number];

/** The SDK compiles our TypeScript for ES2017, which turns private fields into WeakMap look-ups; the sandbox is this Node. */
function withModernTarget(rule: Rule): Rule {
  if (typeof rule !== 'object' || rule === null || !('use' in rule)) return rule;
  const { use } = rule;
  if (typeof use !== 'object' || use === null || Array.isArray(use) || !String(use.loader).includes('swc-loader')) return rule;
  const options = use.options as { jsc: object };
  return { ...rule, use: { ...use, options: { ...options, jsc: { ...options.jsc, target: 'es2022' } } } };
}
