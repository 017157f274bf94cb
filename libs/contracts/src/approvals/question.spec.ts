import { parseApprovalQuestion } from './index';

describe('the question of an approval', () => {
  it('needs an action only; the policy has defaults', () => {
    expect(parseApprovalQuestion({ kind: 'approval', action: 'pay', args: { amount: 1 } }).data).toEqual({
      kind: 'approval',
      action: 'pay',
      args: { amount: 1 },
      policy: { roles: [], quorum: 1, fourEyes: false, onDeadline: 'reject', version: '1' },
    });
  });

  it.each([
    [{ quorum: 0 }],
    [{ deadlineMs: 10 }],
    [{ roles: [''] }],
    [{ surprise: 1 }],
    [{ onDeadline: 'escalate', deadlineMs: 5_000 }],
    [{ onDeadline: 'escalate', escalateTo: ['lead'] }],
    [{ escalateTo: [] }],
  ])('is refused with the policy %j', (policy) => {
    expect(parseApprovalQuestion({ kind: 'approval', action: 'pay', args: null, policy }).success).toBe(false);
  });
});
