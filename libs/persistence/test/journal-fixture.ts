import { CheckpointsRepository, RunJournal, RunsRepository, ThreadsRepository, type RunRef, type TenantScope } from '../src/index';
import { aRun, aTenant, Fixture, type Role, url } from './support';

/** The run journal as a worker writes it and a gateway reads it, for a tenant of its own. */
export class JournalFixture {
  readonly journal: RunJournal;
  readonly reader: RunJournal;
  readonly runs: RunsRepository;
  readonly threads: ThreadsRepository;
  readonly checkpoints: CheckpointsRepository;
  protected readonly db: Fixture;
  private made: TenantScope | undefined;

  constructor(private readonly address: (role: Role) => string = url) {
    this.db = new Fixture(address);
    this.journal = new RunJournal(this.db.worker);
    this.reader = new RunJournal(this.db.gateway);
    this.runs = new RunsRepository(this.db.gateway);
    this.threads = new ThreadsRepository(this.db.gateway);
    this.checkpoints = new CheckpointsRepository(this.db.gateway);
  }

  /** Makes the tenant. */
  async open(): Promise<TenantScope> {
    this.made = await this.anotherTenant();
    return this.made;
  }

  async anotherTenant(): Promise<TenantScope> {
    return (await aTenant(this.address)).scope;
  }

  /** Of the tenant, once {@link open} has made it. */
  get scope(): TenantScope {
    return this.made!;
  }

  close(): Promise<void> {
    return this.db.close();
  }

  /** A run that a workflow has begun. */
  readonly started = async (over: Parameters<typeof aRun>[0] = {}, workflowRunId = 'w1'): Promise<RunRef> => {
    const input = aRun(over);
    await this.runs.createRun(this.scope, input);
    const ref = { tenantId: this.scope.tenantId, threadId: input.threadId, runId: input.runId };
    await this.begin(ref, workflowRunId);
    return ref;
  };

  readonly begin = (ref: RunRef, workflowRunId = 'w1') =>
    this.journal.beginRun(this.scope, { ...ref, workflowId: 'wf', workflowRunId, buildId: 'build' });

  /** Of the run's events, whose numbers have no gap. */
  readonly eventTypes = async (runId: string): Promise<string[]> => {
    const page = await this.reader.readEvents(this.scope, { runId, afterSeq: 0 });
    const seqs = page?.events.map((event) => event.seq) ?? [];
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    return page?.events.map((event) => event.type) ?? [];
  };
}
