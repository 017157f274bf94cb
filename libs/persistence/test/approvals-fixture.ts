import { v4, v7 } from 'uuid';
import { ApprovalsRepository, type ApprovalRow, type CreateRunInput, type RunRef, type Verdict } from '../src/index';
import { JournalFixture } from './journal-fixture';
import { aCheckpoint, aCommit, aRun } from './support';

/** Of runs that ask: of an author, from a checkpoint that they name. */
export const kwargs = { input: 1, checkpoint_id: 'old', config: { configurable: { langgraph_auth_user_id: 'author', checkpoint_id: 'old', model: 'm' } } };

/** What a node asks people. */
export const question = (over: Record<string, unknown> = {}) => ({ kind: 'approval', action: 'pay', args: { amount: 1 }, ...over });

/** The decision of one person. */
export const approve: Verdict = {
  entry: { kind: 'approve', principalId: 'p' },
  answer: { decision: 'approved', args: { amount: 1 }, comment: null, decided_by: ['p'], by: 'decision' },
};

/** A thread that waits for an approval. */
interface Waiting {
  readonly ref: RunRef;
  readonly checkpointId: string;
  readonly id: string;
  readonly interruptId: string;
}

/** Runs that ask people, and what people do. */
export class ApprovalsFixture extends JournalFixture {
  readonly approvals = new ApprovalsRepository(this.db.gateway);

  readonly beginRun = async (input: CreateRunInput): Promise<RunRef> => {
    const ref = { tenantId: this.scope.tenantId, threadId: input.threadId, runId: input.runId };
    await this.begin(ref);
    return ref;
  };

  /** Ends the run with questions, by interrupt id, on a checkpoint that shows them. */
  readonly ask = async (ref: RunRef, questions: Record<string, unknown>, commit = 1): Promise<string> => {
    const interrupts = { task: Object.entries(questions).map(([id, value]) => ({ id, value })) };
    const checkpoint = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: interrupts.task }] });
    await this.journal.commitProgress(this.scope, aCommit(ref, commit, { checkpoints: [checkpoint], end: { status: 'interrupted', steps: 1, interrupts } }));
    return checkpoint.checkpointId;
  };

  /** A run that has asked. */
  readonly waiting = async (over: Partial<CreateRunInput> = {}, asked: Record<string, unknown> = question()): Promise<Waiting> => {
    const input = aRun({ kwargs, ...over });
    await this.runs.createRun(this.scope, input);
    const ref = await this.beginRun(input);
    const interruptId = v4();
    const checkpointId = await this.ask(ref, { [interruptId]: asked });
    return { ref, checkpointId, interruptId, id: (await this.ofThread(ref.threadId))[0]?.approval_id ?? '' };
  };

  readonly ofThread = (threadId: string): Promise<ApprovalRow[]> => this.approvals.list(this.scope, { threadId });

  readonly act = (approvalId: string, verdict: Verdict, idempotency?: { principalId: string; key: string; requestHash: string }) =>
    this.approvals.act(this.scope, {
      approvalId,
      resumeRunId: v7(),
      idempotency,
      judge: ({ approval }) => (approval.status === 'pending' ? verdict : { entry: { kind: 'approve', principalId: 'p', code: 'APPROVAL_CLOSED' } }),
    });

  /** Somebody goes on without a decision. */
  readonly command = (threadId: string, over: Record<string, unknown> = {}) =>
    this.runs.createRun(this.scope, aRun({ threadId, ifNotExists: 'reject', kwargs: { command: { resume: 'yes' }, ...over } }));
}
