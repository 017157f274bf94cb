export { type WorkflowBundle, type WorkflowBundleSources, buildIdOf, buildWorkflowBundle } from './build-bundle.ts';
export { LangGraphPlugin, type LangGraphPluginOptions } from './plugin.ts';
export { LANGSMITH_ALIASES, POLYFILLS } from './sandbox-patches.ts';
