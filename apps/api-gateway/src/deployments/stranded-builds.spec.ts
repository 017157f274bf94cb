import type { DeploymentState, VersionStatus } from '@holdfast/agent-runtime/deployments';
import type { BuildRow } from '@holdfast/persistence';
import { leftBuilds, strandedBuilds } from './stranded-builds';

const build = (buildId: string, workers: number, withdrawn: string | null = null): BuildRow => ({ buildId, graphs: {}, firstSeenAt: new Date(0), lastCurrentAt: null, withdrawn, workers, runsEnded: 0, runsFailed: 0 });

function deployment(versions: Readonly<Record<string, VersionStatus>>): DeploymentState {
  return {
    current: 'now',
    versions: Object.entries(versions).map(([buildId, status]) => ({ buildId, status, createdAt: new Date(0), wasActive: true })),
    conflictToken: new Uint8Array(),
  };
}

describe('stranded builds', () => {
  const state = deployment({ now: 'current', old: 'draining', gone: 'draining', done: 'drained', bad: 'draining' });
  const builds = [build('now', 1), build('old', 1), build('gone', 0), build('done', 0), build('bad', 2, 'it failed')];

  it('are those without a worker and those that were taken back, unless nothing of theirs is open', () => {
    expect(strandedBuilds(state, builds).map(({ buildId }) => buildId)).toEqual(['gone', 'bad']);
    expect(strandedBuilds(state, builds)[1]?.why).toContain('it failed');
  });

  it('are also those that nobody has told of', () => {
    expect(strandedBuilds(deployment({ now: 'current', older: 'inactive' }), builds).map(({ buildId }) => buildId)).toEqual(['older']);
  });

  it('are none while no build takes runs', () => {
    expect(strandedBuilds({ versions: state.versions, conflictToken: state.conflictToken }, builds)).toEqual([]);
    expect(strandedBuilds(undefined, builds)).toEqual([]);
  });

  it('are not those that still work on what they have', () => {
    expect(leftBuilds(state, builds)).toEqual(['old']);
  });
});
