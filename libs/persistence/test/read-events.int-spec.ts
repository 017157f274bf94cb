import type { TenantScope } from '../src/index';
import { JournalFixture } from './journal-fixture';
import { aCommit, aTenant, stepCompleted } from './support';

const fixture = new JournalFixture();
const { journal, reader, started } = fixture;
let scope: TenantScope;

beforeAll(async () => {
  scope = await fixture.open();
});
afterAll(() => fixture.close());

describe('readEvents', () => {
  it('pages, and knows no run of another tenant', async () => {
    const ref = await started();
    await journal.commitProgress(scope, aCommit(ref, 1, { events: [1, 2, 3].map(stepCompleted) }));
    const page = await reader.readEvents(scope, { runId: ref.runId, afterSeq: 1, limit: 2 });
    expect(page?.events.map((e) => e.seq)).toEqual([2, 3]);
    expect(page?.lastSeq).toBe(5);
    const empty = await reader.readEvents(scope, { runId: ref.runId, afterSeq: 5 });
    expect(empty).toEqual({ events: [], lastSeq: 5, status: 'running' });
    expect(await reader.readEvents((await aTenant()).scope, { runId: ref.runId, afterSeq: 0 })).toBeNull();
    expect(page?.events[0]).toMatchObject({ tenantId: scope.tenantId, runId: ref.runId, threadId: ref.threadId, traceparent: null });
  });
});
