import type { DeploymentState } from '@holdfast/agent-runtime/deployments';
import type { BuildRow } from '@holdfast/persistence';
import { promotionVerdict } from './promotion';

const build = (buildId: string, day: number, workers: number, withdrawn: string | null = null): BuildRow => ({
  buildId,
  graphs: {},
  firstSeenAt: new Date(2026, 0, day),
  lastCurrentAt: null,
  withdrawn,
  workers,
  runsEnded: 0,
  runsFailed: 0,
});

function deployment(current: string | undefined, ...wereActive: string[]): DeploymentState {
  const versions = ['old', 'new'].map((buildId) => ({
    buildId,
    status: buildId === current ? ('current' as const) : ('inactive' as const),
    createdAt: new Date(0),
    wasActive: buildId === current || wereActive.includes(buildId),
  }));
  return { ...(current === undefined ? {} : { current }), versions, conflictToken: new Uint8Array() };
}

const both = [build('new', 2, 1), build('old', 1, 1)];

describe('promotion of a build', () => {
  it('waits until the server knows the build', () => {
    expect(promotionVerdict('new', 'auto', undefined, both).kind).toBe('wait');
    expect(promotionVerdict('third', 'auto', deployment('old'), both).kind).toBe('wait');
  });

  it('takes the first build in every policy', () => {
    expect(promotionVerdict('new', 'auto', deployment(undefined), both).kind).toBe('promote');
    expect(promotionVerdict('new', 'manual', deployment(undefined), both).kind).toBe('promote');
  });

  it('lets a new build take over in auto only', () => {
    expect(promotionVerdict('new', 'auto', deployment('old'), both).kind).toBe('promote');
    expect(promotionVerdict('new', 'manual', deployment('old'), both).kind).toBe('keep');
  });

  it('does not let an older build, or one that was replaced, take over from one that works', () => {
    expect(promotionVerdict('old', 'auto', deployment('new'), both).kind).toBe('keep');
    expect(promotionVerdict('new', 'auto', deployment('old', 'new'), both).kind).toBe('keep');
  });

  it('lets any build take over from one without workers, but for one that was taken back', () => {
    const alone = [build('new', 2, 0), build('old', 1, 1)];
    expect(promotionVerdict('old', 'auto', deployment('new', 'old'), alone).kind).toBe('promote');
    expect(promotionVerdict('old', 'auto', deployment('new'), [build('new', 2, 0), build('old', 1, 1, 'bad')]).kind).toBe('keep');
    expect(promotionVerdict('new', 'auto', deployment(undefined), [build('new', 2, 1, 'bad')]).kind).toBe('keep');
  });

  it('stands in for a build without workers, which takes its place back when it has one again', () => {
    const alone = [build('new', 2, 0), build('old', 1, 1)];
    expect(promotionVerdict('old', 'auto', deployment('new', 'old'), alone)).toMatchObject({ kind: 'promote', standsInFor: 'new' });
    const standing = { ...deployment('old', 'new'), standsInFor: 'new' };
    expect(promotionVerdict('new', 'auto', standing, both)).toEqual({ kind: 'promote', why: 'it has a worker again' });
    expect(promotionVerdict('new', 'auto', standing, [build('new', 2, 1, 'bad'), build('old', 1, 1)]).kind).toBe('keep');
    expect(promotionVerdict('new', 'manual', standing, both).kind).toBe('keep');
    // Whoever stands in for a stand-in stands in for the first.
    const again = [build('new', 2, 0), build('old', 1, 0), build('older', 0, 1)];
    const third = { ...standing, versions: [...standing.versions, { ...standing.versions[0]!, buildId: 'older' }] };
    expect(promotionVerdict('older', 'auto', third, again)).toMatchObject({ kind: 'promote', standsInFor: 'new' });
  });
});
