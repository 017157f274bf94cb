import { v4, v7 } from 'uuid';
import type { TenantScope } from '../src/index';
import { JournalFixture } from './journal-fixture';
import { aCheckpoint } from './support';

const fixture = new JournalFixture();
const { journal, threads, checkpoints, started } = fixture;
let scope: TenantScope;

beforeAll(async () => {
  scope = await fixture.open();
});
afterAll(() => fixture.close());

describe('commitEdit', () => {
  it('makes the edited state the newest, once, and not under a running run', async () => {
    const threadId = v7();
    expect(await journal.commitEdit(scope, { threadId, checkpoint: aCheckpoint(0) })).toEqual({ kind: 'refused', reason: 'thread-not-found' });
    await threads.create(scope, { threadId, metadata: {}, ifExists: 'raise' });
    const edit = aCheckpoint(3, { source: 'update', values: { edited: true }, checkpointId: v4() });
    expect(await journal.commitEdit(scope, { threadId, checkpoint: edit })).toEqual({ kind: 'committed', checkpointId: edit.checkpointId });
    expect(await journal.commitEdit(scope, { threadId, checkpoint: edit })).toEqual({ kind: 'committed', checkpointId: edit.checkpointId });
    expect(await checkpoints.history(scope, { threadId })).toHaveLength(1);
    expect(await threads.get(scope, threadId)).toMatchObject({ values: { edited: true }, status: 'idle' });
    const edited = () => checkpoints.hasEdit(scope, { threadId, commandId: 'edit-1' });
    expect(await edited()).toBe(false);
    // executed again after its workflow task was lost: on top of itself, with another checkpoint
    const [first, again] = [aCheckpoint(4), aCheckpoint(5)];
    for (const checkpoint of [first, again]) {
      expect(await journal.commitEdit(scope, { threadId, commandId: 'edit-1', checkpoint })).toEqual({ kind: 'committed', checkpointId: first.checkpointId });
    }
    expect(await edited()).toBe(true);
    expect(await checkpoints.history(scope, { threadId })).toHaveLength(2);
    await started({ threadId });
    expect(await journal.commitEdit(scope, { threadId, checkpoint: aCheckpoint(4) })).toEqual({ kind: 'refused', reason: 'thread-busy' });
  });
});
