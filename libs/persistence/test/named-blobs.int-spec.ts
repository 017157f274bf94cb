import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { BlobsRepository, RunJournal, RunsRepository, type RunRef, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, aTenant, Fixture } from './support';

const db = new Fixture();
const journal = new RunJournal(db.worker);
const runs = new RunsRepository(db.gateway);
const blobs = new BlobsRepository(db.worker);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

const aBlob = (body = v7()) => ({ hash: `sha256:${createHash('sha256').update(body).digest('hex')}`, body });

async function started(): Promise<RunRef> {
  const input = aRun();
  await runs.createRun(scope, input);
  const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w1', buildId: 'build' });
  return ref;
}

describe('a commit whose checkpoint names texts', () => {
  it('is refused whole while one of them is not stored, and made when all are', async () => {
    const ref = await started();
    const [first, second] = [aBlob(), aBlob()];
    await blobs.putMany(scope, { ownerId: ref.threadId }, [first]);
    const commit = aCommit(ref, 1, { checkpoints: [aCheckpoint(1)], lists: [first.hash, second.hash, first.hash] });
    await expect(journal.commitProgress(scope, commit)).rejects.toMatchObject({ code: 'INTERNAL', retryable: false, details: { sqlstate: '23503' } });
    expect(await journal.loadThread(scope, { threadId: ref.threadId })).toBeNull();
    expect((await journal.readEvents(scope, { runId: ref.runId, afterSeq: 0 }))?.lastSeq).toBe(2);
    await blobs.putMany(scope, { ownerId: ref.threadId }, [second]);
    expect((await journal.commitProgress(scope, commit)).kind).toBe('committed');
    expect((await journal.commitProgress(scope, commit)).kind).toBe('duplicate');
  });

  it('does not find those of another tenant', async () => {
    const ref = await started();
    const { scope: stranger } = await aTenant();
    const blob = aBlob();
    await blobs.putMany(stranger, { ownerId: v7() }, [blob]);
    await expect(journal.commitProgress(scope, aCommit(ref, 1, { lists: [blob.hash] }))).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
