/** Graph module of the workflow bundle: compiles every graph once per V8 context. */
import { registerGraphs } from '@holdfast/agent-runtime/graph';
import { GRAPHS } from './catalogue';

registerGraphs(GRAPHS);
