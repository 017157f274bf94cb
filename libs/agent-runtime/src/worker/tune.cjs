'use strict';
/**
 * Process-wide tuning of a workflow worker, loaded by `node --require` (worker threads inherit it). Both parts use internals of the
 * Temporal SDK and do nothing if it stops using them. `HOLDFAST_TUNE=none` switches them off for debugging; default `hooks,watchdog`.
 *
 * hooks     The SDK captures, formats and source-maps a stack for every promise of a workflow (sdk-typescript#1587), 192 per LangGraph
 *           superstep: 56 ms of CPU per three-node run instead of 14. When `createHook` throws, the SDK takes its own path for
 *           runtimes without promise hooks. Lost: the `__stack_trace` query. Error stacks stay.
 * watchdog  `vm.Script.runInContext({ timeout })` starts and joins an OS thread per call, three per activation. It stays on
 *           `activate`, where graph code runs and may loop for ever, and goes from the SDK's bookkeeping calls. `watchdog-all` drops
 *           it everywhere.
 */
const parts = new Set((process.env.HOLDFAST_TUNE ?? 'hooks,watchdog').split(','));

if (parts.has('hooks')) {
  const v8 = require('node:v8');
  v8.promiseHooks.createHook = () => {
    throw new Error('promise hooks are off: @holdfast/agent-runtime/tune');
  };
}

if ((parts.has('watchdog') || parts.has('watchdog-all')) && !require('node:worker_threads').isMainThread) {
  const vm = require('node:vm');
  const everywhere = parts.has('watchdog-all');
  const original = vm.Script.prototype.runInContext;
  vm.Script.prototype.runInContext = function runInContext(context, options) {
    const call = options?.timeout === undefined ? undefined : context.__temporal_args?.[1];
    const relaxed = call !== undefined && (everywhere || call !== 'activate');
    return original.call(this, context, relaxed ? { ...options, timeout: undefined } : options);
  };
}
