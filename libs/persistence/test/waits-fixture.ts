import { v7 } from 'uuid';
import { WaitsRepository, type RunRef, type WakeResult } from '../src/index';
import { JournalFixture } from './journal-fixture';
import { aCheckpoint, aCommit, aRun, asOwner, ScratchDatabase } from './support';

/** A wait that is over. */
export const due = { kind: 'wait', until: 'date', date: '2020-01-01T00:00:00Z' };

/** A wait that is not over during a test. */
export const later = { kind: 'wait', until: 'elapsed', seconds: 3_600 };

/** A wait for an event. */
export const paid = (key: string, over: Record<string, unknown> = {}) => ({ kind: 'wait', until: 'event', type: 'paid', key, ...over });

/** What the run that was woken answers, or why none was. */
export const resumeOf = (result: WakeResult): unknown =>
  result.kind === 'woken' ? (result.run.kwargs['command'] as { resume: unknown }).resume : result.kind;

/** Runs that wait, in a database of their own: what is due is given to whoever asks, and a gateway may run beside the tests. */
export class WaitsFixture extends JournalFixture {
  readonly waits = new WaitsRepository(this.db.gateway);

  private constructor(private readonly scratch: ScratchDatabase) {
    super((role) => scratch.url(role));
  }

  /** Makes the database and a tenant. */
  static async create(): Promise<WaitsFixture> {
    const made = new WaitsFixture(await ScratchDatabase.create());
    await made.open();
    return made;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.scratch.drop();
  }

  async begun(over: Parameters<typeof aRun>[0] = {}): Promise<RunRef> {
    return this.started({ kwargs: { input: 1, config: { configurable: { model: 'm' } } }, ...over });
  }

  async start(ref: RunRef): Promise<RunRef> {
    await this.begin(ref);
    return ref;
  }

  /** Ends the run with what its nodes wait for, by interrupt id. */
  async wait(ref: RunRef, questions: Record<string, unknown>): Promise<RunRef> {
    const interrupts = { task: Object.entries(questions).map(([id, value]) => ({ id, value })) };
    const checkpoint = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: interrupts.task }] });
    await this.journal.commitProgress(this.scope, aCommit(ref, 1, { checkpoints: [checkpoint], end: { status: 'interrupted', steps: 1, interrupts } }));
    return ref;
  }

  finish(ref: RunRef) {
    return this.journal.commitProgress(this.scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(1)], end: { status: 'success', steps: 1 } }));
  }

  wake(threadId: string): Promise<WakeResult> {
    return this.waits.wake(this.scope, { threadId, resumeRunId: v7() });
  }

  /** The run that goes on. */
  async woken(threadId: string): Promise<RunRef> {
    const result = await this.wake(threadId);
    if (result.kind !== 'woken') throw new Error(`not woken: ${result.kind}`);
    return { tenantId: this.scope.tenantId, threadId, runId: result.run.run_id };
  }

  /** The thread's waits, oldest first. */
  async of(threadId: string) {
    return (await this.waits.list(this.scope, { threadId })).reverse();
  }

  post(key: string, over: { eventId?: string; requestHash?: string; payload?: unknown } = {}) {
    return this.waits.post(this.scope, { eventId: v7(), type: 'paid', key, payload: { amount: 1 }, requestHash: 'h', postedBy: 'tester', ...over });
  }

  /** Does something as the owner, for the tenant. */
  asOwner<T>(use: Parameters<typeof asOwner<T>>[0]): Promise<T> {
    return asOwner(async (owner) => {
      await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [this.scope.tenantId]);
      return use(owner);
    }, (role) => this.scratch.url(role));
  }
}
