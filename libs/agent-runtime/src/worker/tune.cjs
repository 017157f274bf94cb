'use strict';
/**
 * Process-wide tuning of a workflow worker, loaded by `node --require` (worker threads inherit it). Both parts use internals of the
 * Temporal SDK and do nothing if it stops using them. `HOLDFAST_TUNE=none` switches them off for debugging; default all but `watchdog-all`.
 *
 * hooks     The SDK captures, formats and source-maps a stack for every promise of a workflow (sdk-typescript#1587), 192 per LangGraph
 *           superstep: 56 ms of CPU per three-node run instead of 14. When `createHook` throws, the SDK takes its own path for
 *           runtimes without promise hooks. Lost: the `__stack_trace` query. Error stacks stay.
 * watchdog  `vm.Script.runInContext({ timeout })` starts and joins an OS thread per call (0.1 ms of CPU), three or more per activation. It stays
 *           where code of a graph may run and loop for ever, and goes from the SDK's bookkeeping calls. Code of a graph runs after an
 *           answer of the normal lane, a timer or an Update (`activate` and what it unblocks), and after an answer of the local lane, which
 *           the workflow hands on between two calls and announces by `__holdfastGraphIsNext` (local-results.ts). `watchdog-all` drops it
 *           everywhere.
 * strikes   Counts, per workflow execution, how often the watchdog had to end its code or a promise of it was rejected unseen. Either fails
 *           the workflow task, which the server repeats for ever; the workflow asks for the count and ends the run instead (graph-watch.ts).
 * entry     Entering a workflow looks at what differs between two workflows only: tune-entry.cjs.
 */
const parts = new Set((process.env.HOLDFAST_TUNE ?? 'hooks,watchdog,strikes,entry').split(','));
const inThread = !require('node:worker_threads').isMainThread;

if (parts.has('hooks')) {
  const v8 = require('node:v8');
  v8.promiseHooks.createHook = () => {
    throw new Error('promise hooks are off: @holdfast/agent-runtime/tune');
  };
}

if (inThread && (parts.has('watchdog') || parts.has('watchdog-all'))) relaxWatchdog(parts.has('watchdog-all'));
if (inThread && parts.has('strikes')) countStrikes();
if (parts.has('entry')) require('./tune-entry.cjs').quickenEntry();

function relaxWatchdog(everywhere) {
  const vm = require('node:vm');
  const original = vm.Script.prototype.runInContext;
  // A thread runs one activation after the other.
  let graphMayRun = true;
  vm.Script.prototype.runInContext = function runInContext(context, options) {
    const args = options?.timeout === undefined ? undefined : context.__temporal_args;
    if (args === undefined) return original.call(this, context, options);
    const [, call, [activation]] = args;
    if (call === 'activate') graphMayRun = !activation.jobs.every(isBookkeeping);
    const watched = call === 'activate' ? graphMayRun : call === 'tryUnblockConditions' && (graphMayRun || context.__holdfastGraphIsNext === true);
    return original.call(this, context, watched && !everywhere ? options : { ...options, timeout: undefined });
  };
}

/** The start of a workflow, and answers that only join a queue. */
function isBookkeeping(job) {
  return job.resolveActivity?.isLocal === true || job.initializeWorkflow != null || job.removeFromCache != null;
}

function countStrikes() {
  const vm = require('node:vm');
  const original = vm.Script.prototype.runInContext;
  /** By run id of the execution, the latest last. */
  const strikes = new Map();
  const MOST_KNOWN = 1000;
  const open = new WeakSet();
  let current;

  const strike = (context) => {
    const runId = context?.__TEMPORAL_ACTIVATOR__?.info?.runId;
    if (runId === undefined) return;
    const count = (strikes.get(runId) ?? 0) + 1;
    strikes.delete(runId);
    strikes.set(runId, count);
    if (strikes.size > MOST_KNOWN) strikes.delete(strikes.keys().next().value);
  };

  vm.Script.prototype.runInContext = function runInContext(context, options) {
    current = context;
    if (!open.has(context)) {
      open.add(context);
      // The SDK keeps what it cannot delete, for all workflows of the context.
      Object.defineProperty(context, '__holdfastStrikes', { value: (runId) => strikes.get(runId) ?? 0 });
    }
    try {
      return original.call(this, context, options);
    } catch (error) {
      if (error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') strike(context);
      throw error;
    }
  };
  // Node reports it before the thread runs anything else.
  process.prependListener('unhandledRejection', () => strike(current));
}
