import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { LateCancels, lateCancels, type Activation, type ActivationAnswer } from './late-cancels';

const NEVER = new Promise<never>(() => undefined);
const cancelOf = (seq: number) => ({ requestCancelLocalActivity: { seq } });
const anActivity = (activityId: string, { attempt = 1, maximumAttempts = 1, cancelled = NEVER } = {}) => ({
  cancelled,
  info: { runId: 'run', isLocal: true, activityId, attempt, retryPolicy: { maximumAttempts } },
});
/** Which of the cancels go on to Core. */
const sent = (cancels: LateCancels, ...seqs: number[]) => {
  const commands = seqs.map(cancelOf);
  cancels.filter('run', { successful: { commands } });
  return commands.map(({ requestCancelLocalActivity: { seq } }) => seq);
};
/** Whether the answer of a next attempt goes out without waiting for word of a cancel. */
const goesOut = async (cancels: LateCancels, activityId: string, runId = 'run') => {
  const told = new AbortController();
  const cancelled = new Promise<never>((_, reject) => told.signal.addEventListener('abort', () => reject(new Error('cancelled'))));
  cancelled.catch(() => undefined);
  const known = anActivity(activityId, { cancelled });
  const activity = { ...known, info: { ...known.info, runId } };
  cancels.begins(activity);
  const ending = cancels.ends(activity, false);
  const first = await Promise.race([ending.then(() => true), pause(20, false)]);
  told.abort();
  await ending;
  return first;
};

describe('a cancel of a local activity', () => {
  it('is dropped when the activity has answered, and not otherwise', async () => {
    const cancels = new LateCancels();
    await cancels.ends(anActivity('2'), false);
    expect(sent(cancels, 1, 2, 3)).toEqual([1, 3]);
    const others = { successful: { commands: [cancelOf(2)] } };
    cancels.filter('another', others);
    expect(others.successful.commands).toHaveLength(1);
    cancels.filter('run', {});
  });

  it('reaches one that failed and is going to be repeated', async () => {
    const cancels = new LateCancels();
    await cancels.ends(anActivity('1', { maximumAttempts: 3 }), true);
    await cancels.ends(anActivity('2', { attempt: 3, maximumAttempts: 3 }), true);
    await cancels.ends(anActivity('3'), false);
    cancels.begins(anActivity('3'));
    expect(sent(cancels, 1, 2, 3)).toEqual([1, 3]);
  });

  it('is waited for by an answer that it was sent before', async () => {
    const cancels = new LateCancels();
    let tell: (error: Error) => void = () => undefined;
    const cancelled = new Promise<never>((_, reject) => {
      tell = reject;
    });
    expect(sent(cancels, 1)).toEqual([1]);
    const order: string[] = [];
    const ending = cancels.ends(anActivity('1', { cancelled }), false).then(() => order.push('answered'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push('told');
    tell(new Error('cancelled'));
    await ending;
    expect(order).toEqual(['told', 'answered']);
  });

  it('is forgotten when the execution begins again, and only then', async () => {
    const cancels = new LateCancels();
    sent(cancels, 1, 2);
    cancels.filter('run2', { successful: { commands: [cancelOf(1)] } });
    cancels.wakes('run', { jobs: [{}] });
    cancels.wakes('run', {});
    expect(await goesOut(cancels, '1')).toBe(false);
    cancels.wakes('run', { jobs: [{ initializeWorkflow: {} }] });
    expect(await goesOut(cancels, '2')).toBe(true);
    expect(await goesOut(cancels, '1', 'run2')).toBe(false);
  });
});

it('the SDK has the line to its workflow threads that is patched, once', () => {
  expect(lateCancels()).toBe(lateCancels());
});

it('the patched line tells of what goes over it', async () => {
  const cancels = lateCancels();
  const { VMWorkflowThreadProxy } = createRequire(import.meta.url)('@temporalio/worker/lib/workflow/threaded-vm.js') as {
    readonly VMWorkflowThreadProxy: new (thread: object, runId: string) => { activate(activation: Activation): Promise<ActivationAnswer> };
  };
  const beginsWith = (commands: object[]) => {
    const thread = { send: async () => ({ type: 'activation-completion', completion: { successful: { commands } } }) };
    return new VMWorkflowThreadProxy(thread, 'run').activate({ jobs: [{ initializeWorkflow: {} }] });
  };
  await beginsWith([cancelOf(1), cancelOf(2)]);
  expect(await goesOut(cancels, '1')).toBe(false);
  await beginsWith([]);
  expect(await goesOut(cancels, '2')).toBe(true);
});
