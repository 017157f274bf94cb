import type { DeploymentState } from '@holdfast/agent-runtime/deployments';
import type { BuildRow } from '@holdfast/persistence';
import { trialOf } from './build-watch.service';

const NOW = new Date(2026, 0, 1, 12);
const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);
const build = (buildId: string, workers: number): BuildRow => ({ buildId, graphs: {}, firstSeenAt: NOW, lastCurrentAt: buildId === 'next' ? null : NOW, withdrawn: null, workers, runsEnded: 0, runsFailed: 0 });
const state = (more: Partial<DeploymentState> = {}): DeploymentState => ({
  current: 'now',
  currentSince: minutesAgo(5),
  versions: ['now', 'next', 'old'].map((buildId) => ({ buildId, status: 'inactive', createdAt: NOW, wasActive: buildId !== 'next' })),
  conflictToken: new Uint8Array(),
  ...more,
});
const all = [build('now', 1), build('next', 1), build('old', 1)];

describe('the build on trial', () => {
  it('is the ramping one, compared with the current one', () => {
    expect(trialOf(state({ ramping: { buildId: 'next', percent: 5 } }), all, NOW)).toEqual({ buildId: 'next', before: 'now' });
  });

  it('is the current one while it is new and one that worked before has a worker', () => {
    expect(trialOf(state(), all, NOW)).toEqual({ buildId: 'now', before: 'old' });
    expect(trialOf(state({ currentSince: minutesAgo(31) }), all, NOW)).toBeUndefined();
    // One that only ramped is nothing to go back to.
    expect(trialOf(state(), [build('now', 1), build('next', 1), build('old', 0)], NOW)).toBeUndefined();
  });
});
