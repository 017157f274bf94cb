import { ThreadInbox } from './thread-inbox';

const run = (runId: string) => ({ runId, graphId: 'g' });
const cancel = (runId: string) => ({ runId, action: 'interrupt' as const, reason: 'x' });

const notAsked = () => Promise.reject(new Error('not asked'));
const DEAF = { inject: notAsked, pause: notAsked, resume: notAsked };
const noted = (list: string[], text: string): 'accepted' => {
  list.push(text);
  return 'accepted';
};

describe('ThreadInbox', () => {
  it('takes each run once, in order, also when it was delivered with the start', () => {
    const inbox = new ThreadInbox([run('a')]);
    for (const id of ['b', 'a', 'b']) expect(inbox.enqueue(run(id))).toBe('accepted');
    expect([inbox.takeRun()?.runId, inbox.takeRun()?.runId, inbox.takeRun()]).toEqual(['a', 'b', undefined]);
    inbox.enqueue(run('a'));
    expect(inbox.hasWork).toBe(false);
  });

  it('puts runs first that come before, wherever they stood, and none that was cancelled', () => {
    const inbox = new ThreadInbox([run('c'), run('d'), run('b'), run('x')]);
    const asked = inbox.takeRun()!;
    inbox.cancel(cancel('x'));
    inbox.putFirst([run('a'), run('x'), run('b'), asked]);
    expect(inbox.waiting.map((r) => r.runId)).toEqual(['a', 'b', 'c', 'd']);
    inbox.enqueue(run('a'));
    expect(inbox.waiting.map((r) => r.runId)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('cancels the active run through its turn and takes a queued one out', () => {
    const inbox = new ThreadInbox([run('a'), run('b'), run('c')]);
    const cancelled: string[] = [];
    const active = inbox.takeRun()!;
    inbox.setActive({ runId: active.runId, cancel: ({ runId }) => noted(cancelled, runId), ...DEAF, drain: () => cancelled.push('drained') });
    expect(inbox.cancel(cancel('a'))).toBe('accepted');
    expect(inbox.cancel(cancel('b'))).toBe('accepted');
    expect(inbox.cancel(cancel('b'))).toBe('accepted');
    expect(inbox.cancel(cancel('z'))).toBe('not-found');
    expect(cancelled).toEqual(['a']);
    expect(inbox.nextCancelled).toMatchObject({ delivery: { runId: 'b' } });
    inbox.cancelledIsWritten();
    expect(inbox.nextCancelled).toBeUndefined();
    expect(inbox.waiting.map((r) => r.runId)).toEqual(['c']);
  });

  it('lets a command wait for the run that it begins with, and refuses one for a run behind it', async () => {
    const inbox = new ThreadInbox([run('a'), run('b')]);
    const ask = (runId: string) => inbox.ask({ runId }, (active) => active.pause({ runId, commandId: 'c', by: 'op' }));
    const early = ask('a');
    await expect(ask('b')).rejects.toMatchObject({ code: 'CONFLICT', message: 'the run has not begun' });
    inbox.setActive({ runId: inbox.takeRun()!.runId, cancel: () => 'accepted', ...DEAF, pause: async () => 'paused', drain: () => undefined });
    expect(await early).toBe('paused');
    inbox.setActive(undefined);
    const cancelled = ask('b');
    inbox.cancel(cancel('b'));
    await expect(cancelled).rejects.toMatchObject({ code: 'CONFLICT', message: 'the run has ended' });
  });

  it('drains the active run, and each one that is taken later', () => {
    const inbox = new ThreadInbox([run('a'), run('b')]);
    const drained: string[] = [];
    inbox.setActive({ runId: 'a', cancel: () => 'accepted', ...DEAF, drain: () => drained.push('a') });
    inbox.drain();
    inbox.setActive({ runId: 'b', cancel: () => 'accepted', ...DEAF, drain: () => drained.push('b') });
    expect(drained).toEqual(['a', 'b']);
    expect(inbox.isDraining).toBe(true);
  });

  it('cancels everything', () => {
    const inbox = new ThreadInbox([run('a'), run('b'), run('c')]);
    const cancelled: string[] = [];
    inbox.setActive({ runId: inbox.takeRun()!.runId, cancel: ({ reason }) => noted(cancelled, reason), ...DEAF, drain: () => cancelled.push('drained') });
    inbox.cancelAll('stop');
    expect(cancelled).toEqual(['stop']);
    expect(inbox.waiting).toEqual([]);
  });

  it('answers edits in order, and refuses them once the run is carried on elsewhere', async () => {
    const inbox = new ThreadInbox([]);
    const edit = (commandId: string) => inbox.edit({ commandId, graphId: 'g', values: {} });
    const first = edit('1');
    const second = edit('2');
    expect(inbox.hasWork).toBe(true);
    inbox.takeEdit()?.resolve({ checkpointId: 'c' });
    inbox.refuseEdits();
    expect(await first).toEqual({ checkpointId: 'c' });
    await expect(second).rejects.toMatchObject({ code: 'THREAD_BUSY' });
    await expect(edit('3')).rejects.toMatchObject({ code: 'THREAD_BUSY' });
  });
});
