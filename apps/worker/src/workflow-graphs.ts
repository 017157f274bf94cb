import { registerGraphs } from '@holdfast/agent-runtime/graph';
import { GRAPHS } from '@holdfast/graph-definitions';

/** Part of the workflow bundle: compiles every graph once per V8 context (a module preloaded by the runtime's bundler plugin). */
registerGraphs(GRAPHS);
