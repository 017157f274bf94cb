import { APPROVAL_LIMITS, type ApprovalEntryRow, type ApprovalRow, type EntryDraft, type HeldApproval, type Verdict } from '@holdfast/persistence';
import fc from 'fast-check';
import { judgeByClock, MAX_REMINDERS } from './approval-clock';
import { judgeComment, judgeDecision, judgeDelegation, type DecisionAttempt } from './approval-rules';

const MINUTE = 60_000;

/** An approval in memory that takes verdicts as the repository's transaction does. */
class Stage {
  approval: ApprovalRow;
  readonly entries: ApprovalEntryRow[] = [];
  readonly answers: NonNullable<Verdict['answer']>[] = [];
  readonly events: string[] = [];
  now = new Date(0);
  isBusy = false;

  constructor({ policy, ...over }: { policy?: Partial<ApprovalRow['policy']> } & Partial<Omit<ApprovalRow, 'policy'>> = {}) {
    const stated = { roles: [], quorum: 1, four_eyes: false, deadline_ms: null, on_deadline: 'reject', remind_every_ms: null, escalate_to: null, version: '1', ...policy } as const;
    const base = {
      approval_id: 'a', thread_id: 't', run_id: 'r', interrupt_id: 'i', action: 'pay', summary: null, requested_by: 'author', decided_by: [], assignees: [],
      status: 'pending', args: 1, requested_args: 1, shown_hash: 'h1', requested_hash: 'h1', policy_version: stated.version, roles: stated.roles,
      escalated: false, deadline_at: null, remind_at: null, reminders: 0, last_entry: 0,
    };
    this.approval = { ...base, ...over, policy: stated } as unknown as ApprovalRow;
  }

  /** As the one who acts finds it. */
  held(principalId = ''): HeldApproval {
    const keptOf = (entries: readonly ApprovalEntryRow[]) => ({
      comments: entries.filter(({ accepted, kind }) => accepted && kind === 'comment').length,
      refusals: entries.filter(({ accepted }) => !accepted).length,
    });
    return {
      approval: this.approval,
      entries: this.entries.filter(({ accepted, kind }) => accepted && kind !== 'comment'),
      kept: { all: keptOf(this.entries), own: keptOf(this.entries.filter(({ principal_id: of }) => of === principalId)) },
      now: this.now,
      isBusy: this.isBusy,
    };
  }

  /** Applies a verdict; gives its refusal. */
  take(verdict: Verdict | undefined): string | undefined {
    const { entry, change, answer, event } = verdict ?? {};
    if (entry !== undefined) this.keep(entry);
    const { args, shownHash, roles, policyVersion, escalated, assignees, deadlineAt, remindAt, reminders } = change ?? {};
    const columns = { args, shown_hash: shownHash, roles, policy_version: policyVersion, escalated, assignees, deadline_at: deadlineAt, remind_at: remindAt, reminders };
    Object.assign(this.approval, Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)));
    if (event !== undefined) this.events.push(event.type);
    if (answer !== undefined) {
      this.answers.push(answer);
      this.approval.status = answer.decision === 'edited' ? 'approved' : answer.decision;
    }
    return entry?.code;
  }

  private keep(entry: EntryDraft): void {
    const row = { kind: entry.kind, principal_id: entry.principalId, accepted: entry.code === undefined, shown_hash: entry.shownHash ?? null, delegate_to: entry.delegateTo ?? null };
    this.entries.push({ ...row, code: entry.code ?? null } as unknown as ApprovalEntryRow);
  }

  /** Decides on what is shown now, unless told otherwise. */
  decide(principalId: string, over: Partial<DecisionAttempt> & { roles?: string[] } = {}): string | undefined {
    const { roles = [], ...attempt } = over;
    const shown = { kind: 'approve', shownHash: this.approval.shown_hash, policyVersion: this.approval.policy_version } as const;
    return this.take(judgeDecision(this.held(principalId), { principalId, roles }, { ...shown, ...attempt }));
  }

  edit(principalId: string, args: number): string | undefined {
    return this.decide(principalId, { kind: 'edit', edited: { args, shownHash: `h${args}` } });
  }

  comment(principalId: string): string | undefined {
    return this.take(judgeComment(this.held(principalId), { principalId, roles: [] }, 'why'));
  }

  delegate(principalId: string, to: string, roles: string[] = []): string | undefined {
    return this.take(judgeDelegation(this.held(principalId), { principalId, roles }, { to }));
  }
}

describe('a decision', () => {
  it.each([
    ['approve', 'approved', 1],
    ['reject', 'rejected', 1],
  ] as const)('to %s goes to the waiting node', (kind, decision, args) => {
    const stage = new Stage();
    expect(stage.decide('p', { kind, comment: 'c' })).toBeUndefined();
    expect(stage.answers).toEqual([{ decision, args, comment: 'c', decided_by: ['p'], by: 'decision' }]);
  });

  it.each<[string, Stage, (stage: Stage) => string | undefined]>([
    ['APPROVAL_CLOSED', new Stage({ status: 'superseded' }), (stage) => stage.decide('p')],
    ['APPROVAL_EXPIRED', new Stage({ deadline_at: new Date(0) }), (stage) => stage.decide('p')],
    ['APPROVAL_FOUR_EYES', new Stage({ policy: { four_eyes: true } }), (stage) => stage.decide('author')],
    ['APPROVAL_FOUR_EYES', new Stage({ policy: { four_eyes: true }, requested_by: null }), (stage) => stage.decide('p')],
    ['APPROVAL_NOT_PERMITTED', new Stage({ roles: ['lead'] }), (stage) => stage.decide('p', { roles: ['member'] })],
    ['APPROVAL_CHANGED', new Stage(), (stage) => stage.decide('p', { shownHash: 'h0' })],
    ['APPROVAL_CHANGED', new Stage(), (stage) => stage.decide('p', { policyVersion: '0' })],
    ['THREAD_BUSY', Object.assign(new Stage(), { isBusy: true }), (stage) => stage.decide('p')],
  ])('is refused with %s and kept', (code, stage, attempt) => {
    expect(attempt(stage)).toBe(code);
    expect(stage.entries).toMatchObject([{ accepted: false, code }]);
    expect(stage.answers).toEqual([]);
  });

  it('needs the quorum of different people', () => {
    const stage = new Stage({ policy: { quorum: 2, four_eyes: true } });
    expect([stage.decide('a'), stage.decide('a'), stage.decide('author'), stage.decide('b'), stage.decide('c')]).toEqual([
      undefined, 'APPROVAL_REPEATED', 'APPROVAL_FOUR_EYES', undefined, 'APPROVAL_CLOSED',
    ]);
    expect(stage.answers).toMatchObject([{ decision: 'approved', decided_by: ['a', 'b'] }]);
  });

  it('before an escalation counts no more after it, and who may still decide decides again', () => {
    const policy = { quorum: 2, on_deadline: 'escalate' as const, escalate_to: ['lead'], deadline_ms: MINUTE };
    const stage = new Stage({ policy, deadline_at: new Date(MINUTE) });
    expect(stage.decide('a', { roles: ['lead'] })).toBeUndefined();
    stage.now = new Date(MINUTE);
    stage.take(judgeByClock(stage.held()));
    expect(stage.decide('b', { roles: ['lead'] })).toBeUndefined();
    expect(stage.answers).toEqual([]);
    expect(stage.decide('a', { roles: ['lead'] })).toBeUndefined();
    expect(stage.answers).toMatchObject([{ decision: 'approved', decided_by: ['b', 'a'] }]);
  });

  it('to edit begins the count anew: nobody has approved the new arguments but the editor', () => {
    const stage = new Stage({ policy: { quorum: 2 } });
    const old = { shownHash: 'h1' };
    expect([stage.decide('a'), stage.edit('b', 7), stage.decide('c', old), stage.decide('b'), stage.decide('a')]).toEqual([
      undefined, undefined, 'APPROVAL_CHANGED', 'APPROVAL_REPEATED', undefined,
    ]);
    expect(stage.answers).toMatchObject([{ decision: 'edited', args: 7, decided_by: ['b', 'a'] }]);
  });

  it('to edit back to what was shown before asks those anew who approved it then', () => {
    const stage = new Stage({ policy: { quorum: 2 } });
    expect([stage.edit('a', 5), stage.edit('b', 6), stage.edit('c', 5), stage.decide('d')]).toEqual([undefined, undefined, undefined, undefined]);
    expect(stage.answers).toMatchObject([{ decision: 'edited', args: 5, decided_by: ['c', 'd'] }]);
  });

  it('may be handed on, and is gone then', () => {
    const stage = new Stage({ roles: ['lead'], policy: { four_eyes: true } });
    expect(stage.delegate('p', 'x')).toBe('APPROVAL_NOT_PERMITTED');
    expect(stage.delegate('lead', 'author', ['lead'])).toBe('APPROVAL_FOUR_EYES');
    expect(stage.delegate('lead', 'x', ['lead'])).toBeUndefined();
    expect(stage.approval.assignees).toEqual(['x']);
    expect(stage.decide('lead', { roles: ['lead'] })).toBe('APPROVAL_NOT_PERMITTED');
    expect(stage.delegate('x', 'y')).toBeUndefined();
    expect([stage.decide('x'), stage.decide('y')]).toEqual(['APPROVAL_NOT_PERMITTED', undefined]);
  });

  it('may be commented on while it is open', () => {
    const stage = new Stage({ roles: ['lead'] });
    expect(stage.comment('author')).toBeUndefined();
    stage.approval.status = 'approved';
    expect(stage.comment('p')).toBe('APPROVAL_CLOSED');
  });

  it('is not kept from people by what one of them says, however often', () => {
    const stage = new Stage({ roles: ['lead'], policy: { quorum: 2 } });
    const said = Array.from({ length: 1_100 }, () => stage.comment('loud'));
    expect(said.filter((code) => code === undefined)).toHaveLength(APPROVAL_LIMITS.comments.own);
    expect(stage.comment('p')).toBeUndefined();
    for (let n = 0; n < 1_100; n += 1) stage.decide('loud');
    expect(stage.delegate('lead', 'x', ['lead'])).toBeUndefined();
    expect(stage.edit('x', 7)).toBeUndefined();
    expect(stage.decide('other', { roles: ['lead'] })).toBeUndefined();
    expect(stage.answers).toMatchObject([{ decision: 'edited', args: 7, decided_by: ['x', 'other'] }]);
  });
});

describe('the clock', () => {
  it.each([
    ['reject', 'rejected'],
    ['approve', 'approved'],
    ['fail', 'failed'],
  ] as const)('does at the deadline what the policy says: %s', (on_deadline, decision) => {
    const stage = new Stage({ deadline_at: new Date(MINUTE), policy: { on_deadline } });
    expect(judgeByClock(stage.held())).toBeUndefined();
    stage.now = new Date(MINUTE);
    stage.isBusy = true;
    expect(judgeByClock(stage.held())).toBeUndefined();
    stage.isBusy = false;
    stage.take(judgeByClock(stage.held()));
    expect(stage.answers).toEqual([{ decision, args: 1, comment: null, decided_by: [], by: 'deadline' }]);
    expect(judgeByClock(stage.held())).toBeUndefined();
  });

  it('escalates once, to other roles under another version, and rejects after that', () => {
    const stage = new Stage({ roles: ['ops'], deadline_at: new Date(MINUTE), policy: { on_deadline: 'escalate', escalate_to: ['lead'], deadline_ms: MINUTE } });
    stage.delegate('o', 'x', ['ops']);
    stage.now = new Date(MINUTE);
    stage.take(judgeByClock(stage.held()));
    expect(stage.approval).toMatchObject({ roles: ['lead'], policy_version: '1+escalated', deadline_at: new Date(2 * MINUTE), assignees: [] });
    expect(stage.events).toEqual(['approval.escalated.v1']);
    expect([stage.decide('o', { roles: ['ops'] }), stage.decide('x'), stage.decide('l', { roles: ['lead'], policyVersion: '1' })]).toEqual([
      'APPROVAL_NOT_PERMITTED', 'APPROVAL_NOT_PERMITTED', 'APPROVAL_CHANGED',
    ]);
    stage.now = new Date(2 * MINUTE);
    stage.take(judgeByClock(stage.held()));
    expect(stage.answers).toMatchObject([{ decision: 'rejected', by: 'deadline' }]);
  });

  it('reminds at its pace, once after an outage, and not for ever', () => {
    const stage = new Stage({ remind_at: new Date(MINUTE), policy: { remind_every_ms: MINUTE } });
    stage.now = new Date(10 * MINUTE);
    stage.take(judgeByClock(stage.held()));
    expect(stage.approval).toMatchObject({ reminders: 1, remind_at: new Date(11 * MINUTE) });
    expect(judgeByClock(stage.held())).toBeUndefined();
    for (let n = 0; n < 1_000; n += 1) {
      stage.now = new Date(stage.now.getTime() + MINUTE);
      stage.take(judgeByClock(stage.held()));
    }
    expect([stage.approval.reminders, stage.events.length]).toEqual([MAX_REMINDERS, MAX_REMINDERS]);
  });
});

describe('any interleaving of what people and the clock do', () => {
  const people = ['author', 'a', 'b', 'c', 'd'];
  const person = fc.constantFrom(...people);
  const step = fc.oneof(
    fc.record({ do: fc.constant('approve' as const), who: person, stale: fc.boolean() }),
    fc.record({ do: fc.constant('reject' as const), who: person }),
    fc.record({ do: fc.constant('edit' as const), who: person, args: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('delegate' as const), who: person, to: person }),
    fc.record({ do: fc.constant('tick' as const), ms: fc.integer({ min: 0, max: MINUTE }) }),
    fc.record({ do: fc.constant('run' as const), isBusy: fc.boolean() }),
  );
  const policy = fc.record({
    quorum: fc.integer({ min: 1, max: 4 }),
    four_eyes: fc.boolean(),
    on_deadline: fc.constantFrom('reject' as const, 'approve' as const, 'escalate' as const, 'fail' as const),
  });

  it('gives at most one answer, by a quorum of different people who saw what they approved', () => {
    fc.assert(
      fc.property(policy, fc.array(step, { minLength: 1, maxLength: 40 }), (stated, steps) => {
        const stage = new Stage({ deadline_at: new Date(3 * MINUTE), policy: { ...stated, escalate_to: ['lead'], deadline_ms: 3 * MINUTE } });
        /** Who approved which arguments, counted apart from the rules. */
        const approvedBy = new Map<string, Set<string>>();
        for (const one of steps) {
          const seen = one.do === 'approve' && one.stale ? 'h0' : stage.approval.shown_hash;
          if (one.do === 'approve' && stage.decide(one.who, { shownHash: seen }) === undefined) note(approvedBy, seen, one.who);
          if (one.do === 'edit' && stage.edit(one.who, one.args) === undefined) note(approvedBy, `h${one.args}`, one.who);
          if (one.do === 'reject') stage.decide(one.who, { kind: 'reject' });
          if (one.do === 'delegate') stage.delegate(one.who, one.to);
          if (one.do === 'run') stage.isBusy = one.isBusy;
          if (one.do === 'tick') {
            const wasEscalated = stage.approval.escalated;
            stage.now = new Date(stage.now.getTime() + one.ms);
            stage.take(judgeByClock(stage.held()));
            if (stage.approval.escalated && !wasEscalated) approvedBy.clear();
          }
        }
        expect(stage.answers.length).toBeLessThanOrEqual(1);
        const [answer] = stage.answers;
        if (answer === undefined || answer.by === 'deadline') return;
        if (stated.four_eyes) expect(answer.decided_by).not.toContain('author');
        if (answer.decision === 'rejected') expect(answer.decided_by).toHaveLength(1);
        else {
          expect(new Set(answer.decided_by).size).toBe(stated.quorum);
          const consenting = approvedBy.get(`h${String(answer.args)}`);
          for (const who of answer.decided_by) expect(consenting?.has(who)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function note(approvedBy: Map<string, Set<string>>, hash: string, who: string): void {
  approvedBy.set(hash, (approvedBy.get(hash) ?? new Set()).add(who));
}
