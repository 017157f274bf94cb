import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { jest } from '@jest/globals';

const load = createRequire(import.meta.url);
const v8 = load('node:v8') as { promiseHooks: { createHook: () => never } };

/** A file of the installed SDK, each run of white space as one blank. */
const sourceOf = (file: string): string => readFileSync(load.resolve(`@temporalio/worker/lib/workflow/${file}`), 'utf8').replaceAll(/\s+/g, ' ');

/** tune.cjs does nothing, and says nothing, once the SDK stops using what it changes: an upgrade that does so has to fail here. */
describe('what tune.cjs changes, in the installed SDK', () => {
  const vm = sourceOf('reusable-vm.js');
  const shared = sourceOf('vm-shared.js');

  it('is the promise hook that the SDK asks Node for, and does without when it is refused', () => {
    interface Handlers {
      readonly promiseHookInstalled: boolean;
      setPromiseHook(): void;
    }
    const { GlobalHandlers } = load('@temporalio/worker/lib/workflow/vm-shared.js') as { GlobalHandlers: new () => Handlers };
    const original = v8.promiseHooks.createHook;
    const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    let asked = 0;
    v8.promiseHooks.createHook = () => {
      asked += 1;
      throw new Error('off');
    };
    try {
      const handlers = new GlobalHandlers();
      handlers.setPromiseHook();
      expect([asked, handlers.promiseHookInstalled]).toEqual([1, false]);
    } finally {
      v8.promiseHooks.createHook = original;
      warned.mockRestore();
    }
  });

  it('is the one call into a workflow, with its arguments beside it and a deadline', () => {
    expect(vm).toContain("const callIntoVmScript = new node_vm_1.default.Script(`__TEMPORAL_CALL_INTO_SCOPE()`");
    expect(vm).toContain('context.__temporal_args = [holder, fn, args]; return callIntoVmScript.runInContext(context, { timeout: isolateExecutionTimeoutMs,');
  });

  it('are the calls by which code of a workflow goes on, under these names', () => {
    expect(shared).toMatch(/this\.workflowModule\.activate\([^;]*WorkflowActivation\.fromObject\(\{ \.\.\.activation, jobs/);
    expect(shared).toContain('this.workflowModule.tryUnblockConditions()');
    const calls = new Set([...shared.matchAll(/workflowModule\.(\w+)\(/g)].map(([, name]) => name));
    expect([...calls].sort()).toEqual(['activate', 'concludeActivation', 'initialize', 'tryUnblockConditions']);
  });

  it('is told by the jobs of an activation what is bookkeeping', () => {
    const { coresdk } = load('@temporalio/proto') as typeof import('@temporalio/proto');
    const jobs = [{ resolveActivity: { seq: 1, isLocal: true } }, { initializeWorkflow: {} }, { removeFromCache: {} }];
    const named = jobs.map((job) => expect.objectContaining({ [Object.keys(job)[0]!]: expect.anything() }));
    expect(coresdk.workflow_activation.WorkflowActivation.fromObject({ jobs }).jobs).toEqual(named);
    expect(coresdk.workflow_activation.ResolveActivity.fromObject({ isLocal: true }).isLocal).toBe(true);
  });

  it('is where the run id of an execution stands, for counting how often it was stopped', () => {
    expect(vm).toContain('const activator = context.__TEMPORAL_ACTIVATOR__;');
    expect(shared).toContain('activator.info.runId');
  });
});
