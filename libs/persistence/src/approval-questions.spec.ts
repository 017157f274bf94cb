import { questionsOf, shownHash } from './approval-questions';

const value = { kind: 'approval', action: 'pay', args: { to: 'x', amount: 1 } };

describe('the approvals that a run asks for', () => {
  it('are the well-formed questions among its interrupts', () => {
    const questions = questionsOf({
      t1: [{ id: 'i1', value }, { id: 'i2', value: { kind: 'approval' } }, { id: 'i3', value: 'which one?' }, { id: 'i4' }],
      t2: [{ value }, { id: 'i5', value: { ...value, policy: { quorum: 2, deadlineMs: 5_000, version: '7' } } }],
    }, []);
    expect(questions.map((question) => question['interrupt_id'])).toEqual(['i1', 'i5']);
    expect(questions[1]).toMatchObject({ policy_version: '7', deadline_ms: 5_000, remind_every_ms: null, policy: { quorum: 2, four_eyes: false } });
  });

  it('are not those of a task that has finished beside one that waits', () => {
    const tasks = [{ id: 't1', name: 'ask', result: { outcome: 1 } }, { id: 't2', name: 'ask', result: null }, { id: 't3', name: 'ask' }];
    const questions = questionsOf({ t1: [{ id: 'i1', value }], t2: [{ id: 'i2', value }], t3: [{ id: 'i3', value }] }, tasks);
    expect(questions.map((question) => question['interrupt_id'])).toEqual(['i2', 'i3']);
  });

  it('are known by what is shown, whatever the order of keys', () => {
    const shown = { action: 'pay', summary: null, args: { to: 'x', amount: 1 } };
    expect(shownHash({ ...shown, args: { amount: 1, to: 'x' } })).toBe(shownHash(shown));
    expect(questionsOf({ t: [{ id: 'i', value }] }, [])[0]).toMatchObject({ hash: shownHash(shown) });
    for (const other of [{ action: 'play' }, { summary: 's' }, { args: { to: 'x', amount: 2 } }]) {
      expect(shownHash({ ...shown, ...other })).not.toBe(shownHash(shown));
    }
  });
});
