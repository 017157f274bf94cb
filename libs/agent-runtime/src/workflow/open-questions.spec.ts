import { INTERRUPT, type PendingTaskWrite, RESUME, questionAt, type WritesByPlace, withdrawQuestions } from './open-questions';

const write = (taskId: string, channel: string, value: unknown): PendingTaskWrite => ({ taskId, channel, value, path: '', idx: 0 });
const asked = (taskId: string, ...ids: string[]) => write(taskId, INTERRUPT, ids.map((id) => ({ id, value: `${id}?` })));
const answered = (taskId: string) => write(taskId, RESUME, ['yes']);
const OUTER = 'outer:k1';
const [LEFT, RIGHT] = [`${OUTER}|left:k2`, `${OUTER}|right:k3`];

/** Two sub-graphs of a sub-graph ask, and a task beside it. */
function writes(): WritesByPlace {
  return new Map([
    ['\0c0', [asked('k1', 'l', 'r'), answered('k1'), write('k1', 'said', 1), write('k9', INTERRUPT, { id: 'beside' }), answered('k9')]],
    [`${OUTER}\0c1`, [asked('k2', 'l'), answered('k2'), asked('k3', 'r'), write('k0', 'said', 2)]],
    [`${LEFT}\0c2`, [asked('kl', 'l')]],
    [`${RIGHT}\0c3`, [asked('kr', 'r')]],
  ]);
}
/** The writes when a sub-graph got another checkpoint. */
function withoutThoseOf(kept: WritesByPlace, ns: string): WritesByPlace {
  for (const key of kept.keys()) if (key.startsWith(`${ns}\0`)) kept.delete(key);
  withdrawQuestions(kept, ns.split('|'));
  return kept;
}

describe('questions of a sub-graph that was edited', () => {
  it('are taken from the tasks above it, with their answers, at every level; those beside it stay', () => {
    const once = withoutThoseOf(writes(), LEFT);
    expect(once.get('\0c0')).toEqual(expect.arrayContaining([asked('k1', 'r'), answered('k1'), write('k1', 'said', 1), answered('k9')]));
    expect(once.get(`${OUTER}\0c1`)).toEqual([asked('k3', 'r'), write('k0', 'said', 2)]);
    expect(questionAt(once, 'l')).toBeUndefined();
    expect(questionAt(once, 'r')).toMatchObject({ key: `${RIGHT}\0c3`, taskId: 'kr' });
    const twice = withoutThoseOf(once, RIGHT);
    expect(twice.get('\0c0')).toEqual([write('k9', INTERRUPT, { id: 'beside' }), answered('k9'), write('k1', 'said', 1)]);
    expect(twice.get(`${OUTER}\0c1`)).toEqual([write('k0', 'said', 2)]);
  });

  it('are those below it, too: its tasks have other names then', () => {
    const kept = withoutThoseOf(writes(), OUTER);
    expect([...kept.keys()]).toEqual(['\0c0']);
    expect(kept.get('\0c0')).toEqual([write('k9', INTERRUPT, { id: 'beside' }), answered('k9'), write('k1', 'said', 1)]);
  });
});
