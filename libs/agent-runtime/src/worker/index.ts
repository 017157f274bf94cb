export { type WorkflowBundle, type WorkflowBundleSources, buildIdOf, buildWorkflowBundle } from './build-bundle.ts';
export type { LangGraphBundlerOptions } from './bundler.ts';
export { LangGraphPlugin } from './plugin.ts';
export { LANGSMITH_ALIASES, POLYFILLS } from './sandbox-patches.ts';
