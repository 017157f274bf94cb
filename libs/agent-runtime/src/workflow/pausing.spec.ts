import { jest } from '@jest/globals';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { RunEventDraft } from '@holdfast/contracts/events';

const tick = () => new Promise((resolve) => setImmediate(resolve));
jest.unstable_mockModule('@temporalio/workflow', () => ({
  condition: async (predicate: () => boolean) => {
    while (!predicate()) await tick();
  },
}));
const { Pausing } = await import('./pausing');

const pause = { commandId: 'p', runId: 'r', by: 'op' };
const resume = { commandId: 'c', runId: 'r', by: 'op' };

/** A journal that has what it is told once {@link commit} was called. */
function aJournal() {
  const events: RunEventDraft[] = [];
  let commits = 3;
  return { record: (event: RunEventDraft) => void events.push(event), nextCommit: () => commits + 1, commits: () => commits, commit: () => (commits += 1), events };
}

describe('Pausing', () => {
  it('resumes a run that stands by its journal, also when the command comes before the journal is read', async () => {
    const pausing = new Pausing();
    const journal = aJournal();
    const resumed = pausing.resume(resume);
    await tick();
    pausing.open(journal, true, () => undefined);
    await Promise.resolve();
    // Before the graph begins.
    expect(pausing.isWanted).toBe(false);
    expect(journal.events).toEqual([{ type: 'run.resumed.v1', data: { command_id: 'c', by: 'op' } }]);
    journal.commit();
    expect(await resumed).toBe('running');
  });

  it('takes commands that come before the run is driven in their order', async () => {
    const pausing = new Pausing();
    const journal = aJournal();
    const answers = [pausing.resume(resume), pausing.pause(pause)];
    pausing.open(journal, true, () => undefined);
    await tick();
    pausing.stand();
    journal.commit();
    expect(await answers[1]).toBe('paused');
    expect(journal.events.map(({ type }) => type)).toEqual(['run.resumed.v1', 'run.paused.v1']);
  });

  it('refuses what comes for a run that is never driven', async () => {
    const pausing = new Pausing();
    const answers = Promise.allSettled([pausing.resume(resume), pausing.pause(pause)]);
    pausing.close(new HoldfastError('CONFLICT', 'the run has ended'));
    for (const answer of await answers) expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT' } });
  });

  it('lets one wait for a boundary and for the journal, and tells the others so at once', async () => {
    const pausing = new Pausing();
    const journal = aJournal();
    pausing.open(journal, false, () => undefined);
    const paused = pausing.pause(pause);
    await tick();
    expect(await pausing.pause(pause)).toBe('waiting');
    pausing.stand();
    expect(await pausing.pause(pause)).toBe('waiting');
    journal.commit();
    expect([await paused, await pausing.pause(pause)]).toEqual(['paused', 'paused']);
    const resumed = pausing.resume(resume);
    await tick();
    expect(await pausing.resume(resume)).toBe('waiting');
    journal.commit();
    expect([await resumed, await pausing.resume(resume)]).toEqual(['running', 'running']);
  });

  it('refuses more than some before the run is driven', async () => {
    const pausing = new Pausing();
    const answers = Array.from({ length: 10 }, () => pausing.resume(resume));
    await expect(pausing.resume(resume)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    pausing.open(aJournal(), false, () => undefined);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['running']));
  });
});
