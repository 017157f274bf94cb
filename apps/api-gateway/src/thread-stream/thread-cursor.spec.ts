import { STREAM_START } from '../streaming/cursor';
import { decodeThreadCursor, encodeThreadCursor, type ThreadCursor } from './thread-cursor';

const RUN = '0199d3a0-0000-7000-8000-000000000001';

describe('ids of a thread’s stream', () => {
  it('are read back', () => {
    const cursors: ThreadCursor[] = [
      { runId: RUN, at: 'done' },
      { checkpointId: RUN },
      { runId: RUN, at: { seq: 3, item: 2, calls: [] } },
      { runId: RUN, at: { seq: 3, item: 0, calls: [{ call: '0123456789abcdef-0', attempt: 1, sent: 7, ended: false }] } },
    ];
    for (const cursor of cursors) expect(decodeThreadCursor(encodeThreadCursor(cursor))).toEqual(cursor);
    expect(decodeThreadCursor(`${RUN}/-1`)).toEqual({ runId: RUN, at: STREAM_START });
  });

  it('have the texts for the start, and no other', () => {
    expect(['-', '-1', ''].map(decodeThreadCursor)).toEqual(['start', 'start', 'start']);
    for (const text of ['3.2', `${RUN}/`, `${RUN}/x`, 'x/done', 'x/edit', `${RUN.toUpperCase()}x/done`, `/done`]) expect(decodeThreadCursor(text)).toBeUndefined();
  });
});
