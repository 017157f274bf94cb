import type {
  BeginRunGo,
  BeginRunReply,
  BeginRunRequest,
  CallNaming,
  CheckpointDraft,
  CommitEditReply,
  CommitEditRequest,
  Lane,
  LoadThreadReply,
  LoadThreadRequest,
  ProgressBatch,
  RunEnd,
  TaskProgressBatch,
} from '../../src/api';
import { savedLists } from '../../src/api/begin-run.ts';

/** What a test asks of a run. */
export interface TestRun {
  readonly runId: string;
  readonly threadId: string;
  readonly graphId: string;
  readonly input?: unknown;
  readonly command?: BeginRunGo['command'];
  readonly recursionLimit?: number;
  readonly configurable?: Record<string, unknown>;
  readonly interruptBefore?: readonly string[];
  readonly interruptAfter?: readonly string[];
  /** Start from this checkpoint instead of the newest. */
  readonly checkpointId?: string;
  /** Default `async`. */
  readonly durability?: BeginRunGo['durability'];
  /** It takes back what was done before it. */
  readonly compensate?: { readonly reason: string };
  /** The workflow waits so long for the thread's next run. Default: not at all. */
  readonly lingerMs?: number;
}

interface RunRow extends TestRun {
  readonly batches: ProgressBatch[];
  begun: BeginRunRequest[];
  end?: RunEnd;
  /** Ended by somebody else: commits are fenced. */
  fenced: boolean;
}

/** An effect of an activity, as the outside world counts it. */
export interface Effect {
  readonly runId: string;
  readonly activityType: string;
  readonly callId: string;
  readonly lane: Lane;
  readonly attempt: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The journal's port in memory, with the rules that PostgreSQL keeps in the product; lives in the test's process, so it outlives the worker. */
export class TestJournal {
  readonly effects: Effect[] = [];
  /** The call ledger: outcomes by origin run and call. */
  readonly replies = new Map<string, unknown>();
  /** Calls that were claimed again while nobody knew how they ended; a call is named once for each time. */
  readonly repeated: string[] = [];
  private readonly claimed = new Set<string>();
  readonly edits: CommitEditRequest[] = [];
  /** What sub-agents did, in order. */
  readonly taskBatches: TaskProgressBatch[] = [];
  private readonly runs = new Map<string, RunRow>();
  private readonly checkpoints = new Map<string, CheckpointDraft[]>();
  /** Parts of lists whose texts a run's last beginning brought, by run. */
  readonly textsSent = new Map<string, number>();
  private readonly texts = new Map<string, string>();
  private readonly watchers = new Set<() => void>();
  private readonly counts = new Map<string, number>();
  /** Runs that begin from now on have their commits travel with calls. */
  joinsCommits = true;
  /** Of the calls of runs that begin from now on. */
  callNaming: CallNaming = 'digests';
  /** Fails this many `commitProgress` calls before the next succeeds. */
  failCommits = 0;

  add(run: TestRun): TestRun {
    this.runs.set(run.runId, { ...run, batches: [], begun: [], fenced: false });
    return run;
  }

  run(runId: string): RunRow {
    const row = this.runs.get(runId);
    if (row === undefined) throw new Error(`no run ${runId}`);
    return row;
  }

  /** How often it was asked for this name, this time included. */
  count(name: string): number {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    return count;
  }

  /** How the runs ended, in the order in which they were added; `none` for one that has not. */
  get ends(): string[] {
    return [...this.runs.values()].map(({ end }) => end?.status ?? 'none');
  }

  /** Claims a call for whoever is going to make it; its outcome when it has one. */
  claim(key: string): unknown {
    const reply = this.replies.get(key);
    if (reply === undefined && this.claimed.has(key)) this.repeated.push(key);
    this.claimed.add(key);
    return reply;
  }

  fence(runId: string): void {
    this.run(runId).fenced = true;
  }

  history(threadId: string): readonly CheckpointDraft[] {
    return this.checkpoints.get(threadId) ?? [];
  }

  /** The newest checkpoint of a thread. */
  head(threadId: string): CheckpointDraft | undefined {
    return this.history(threadId).at(-1);
  }

  beginRun(request: BeginRunRequest): BeginRunReply {
    const row = this.runs.get(request.runId);
    if (row === undefined) return { kind: 'skip', reason: 'unknown' };
    if (row.end !== undefined) return { kind: 'skip', reason: 'terminal' };
    if (request.inTurn && row.begun.length === 0) {
      const earlier = this.before(row);
      if (earlier.length > 0) return { kind: 'after', runs: earlier.map(({ runId, graphId }) => ({ runId, graphId })) };
    }
    row.begun.push(request);
    const resumes = row.batches.some((batch) => batch.checkpoints.length > 0);
    const history = this.history(row.threadId);
    const from = !resumes && row.checkpointId !== undefined ? history.find((c) => c.checkpointId === row.checkpointId) : history.at(-1);
    return {
      kind: 'go',
      graphId: row.graphId,
      input: resumes ? null : (row.input ?? null),
      ...(row.command === undefined || resumes ? {} : { command: row.command }),
      config: { recursionLimit: row.recursionLimit ?? 1_000, configurable: row.configurable ?? {}, tags: [] },
      context: {},
      interruptBefore: row.interruptBefore ?? null,
      interruptAfter: row.interruptAfter ?? null,
      durability: row.durability ?? 'async',
      forked: row.checkpointId !== undefined && row.checkpointId !== history.at(-1)?.checkpointId,
      called: this.calledSince(row),
      ...this.countTexts(request.runId, this.savedOf(from, request.kept?.parts)),
      step: from?.step ?? -1,
      lastCommit: row.batches.length,
      mayLinger: true,
      callNaming: this.callNaming,
      boundsCalls: true,
      settlesCalls: true,
      boundsReplay: true,
      undoesDone: true,
      ...(this.joinsCommits ? { joinsCommits: true } : {}),
      ...(this.isPaused(row) ? { paused: true } : {}),
      ...this.compensationOf(row),
    };
  }

  /** @returns false when the run does not belong to the workflow any more */
  commitProgress(batch: ProgressBatch): boolean {
    if (this.failCommits > 0) {
      this.failCommits -= 1;
      throw new Error('the journal is away');
    }
    const row = this.run(batch.runId);
    if (row.fenced || row.begun.length === 0) return false;
    // A repeat; what it has more than the first time the journal adds (see libs/persistence, commit-repeat). Here only the end matters.
    if (batch.commit <= row.batches.length && (batch.end === undefined || row.end !== undefined)) return true;
    if (batch.commit > row.batches.length + 1) throw new Error(`commit ${batch.commit} after ${row.batches.length}`);
    if (row.end !== undefined) return false;
    row.batches.push(batch);
    for (const { hash, body } of batch.texts ?? []) this.texts.set(hash, body);
    for (const draft of batch.checkpoints) this.store(row.threadId, draft);
    if (batch.end !== undefined) row.end = batch.end;
    for (const watcher of this.watchers) watcher();
    return true;
  }

  /** @returns false when the run is over */
  commitTask(batch: TaskProgressBatch): boolean {
    const row = this.run(batch.runId);
    if (row.fenced || row.end !== undefined) return false;
    const known = this.taskBatches.some(({ runId, taskId, commit }) => runId === batch.runId && taskId === batch.taskId && commit === batch.commit);
    if (!known) this.taskBatches.push(batch);
    return true;
  }

  loadThread(request: LoadThreadRequest): LoadThreadReply {
    const history = this.history(request.threadId);
    const found = request.checkpointId === undefined ? history.at(-1) : history.find((c) => c.checkpointId === request.checkpointId);
    return this.savedOf(found);
  }

  /** A state with the texts that it names. */
  private savedOf(draft: CheckpointDraft | undefined, kept: object = {}): LoadThreadReply {
    const saved = draft?.saved ?? null;
    const wanted = savedLists(saved).filter((hash) => !Object.hasOwn(kept, hash));
    const lists = Object.fromEntries(wanted.map((hash) => [hash, this.texts.get(hash)!]));
    return { saved, ...(Object.keys(lists).length === 0 ? {} : { lists }) };
  }

  /** Bodies of texts that were stored, by their hashes. */
  textsOf(hashes: readonly string[]): string[] {
    return hashes.map((hash) => {
      const body = this.texts.get(hash);
      if (body === undefined) throw new Error(`${hash} was not stored`);
      return body;
    });
  }

  private countTexts(runId: string, reply: LoadThreadReply): LoadThreadReply {
    this.textsSent.set(runId, Object.keys(reply.lists ?? {}).length);
    return reply;
  }

  commitEdit(request: CommitEditRequest): CommitEditReply {
    const known = this.edits.find(({ threadId, commandId }) => threadId === request.threadId && commandId === request.commandId);
    if (known !== undefined) return { checkpointId: known.checkpoint.checkpointId };
    this.edits.push(request);
    for (const { hash, body } of request.texts ?? []) this.texts.set(hash, body);
    this.store(request.threadId, request.checkpoint);
    return { checkpointId: request.checkpoint.checkpointId };
  }

  /** Waits until the predicate holds; checked after each commit. */
  async until(what: string, predicate: () => boolean, timeoutMs = 20_000): Promise<void> {
    if (predicate()) return;
    await new Promise<void>((resolve, reject) => {
      const watcher = (): void => {
        if (!predicate()) return;
        done();
        resolve();
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`timed out waiting for ${what}`));
      }, timeoutMs);
      const poll = setInterval(watcher, 50);
      const done = (): void => {
        clearTimeout(timer);
        clearInterval(poll);
        this.watchers.delete(watcher);
      };
      this.watchers.add(watcher);
    });
  }

  /** The end of a run, when it has come. */
  async ended(runId: string, timeoutMs?: number): Promise<RunEnd> {
    await this.until(`the end of ${runId}`, () => this.run(runId).end !== undefined, timeoutMs);
    return this.run(runId).end!;
  }

  private calledSince({ batches }: RunRow): string[] {
    const events = batches.flatMap((batch) => batch.events);
    const last = events.findLastIndex((event) => event.type === 'run.step-completed.v1' && event.data.checkpoint_id !== null);
    return events.slice(last + 1).flatMap((event) => (event.type === 'tool.called.v1' ? [event.data.call_id] : []));
  }

  private isPaused({ batches }: RunRow): boolean {
    const facts = ['run.paused.v1', 'run.resumed.v1', 'run.compensation-started.v1'];
    return batches.flatMap((batch) => batch.events).findLast(({ type }) => facts.includes(type))?.type === 'run.paused.v1';
  }

  private compensationOf({ batches, compensate }: RunRow): Pick<BeginRunGo, 'compensation'> {
    for (const event of batches.flatMap((batch) => batch.events)) {
      if (event.type === 'run.compensation-started.v1') return { compensation: { reason: event.data.reason, begun: true } };
    }
    return compensate === undefined ? {} : { compensation: { ...compensate, begun: false } };
  }

  /** Runs of the thread that were made earlier and have not begun. */
  private before(row: RunRow): readonly RunRow[] {
    const made = [...this.runs.values()];
    return made.slice(0, made.indexOf(row)).filter((other) => other.threadId === row.threadId && other.begun.length === 0 && other.end === undefined);
  }

  private store(threadId: string, draft: CheckpointDraft): void {
    const history = [...this.history(threadId)];
    const at = history.findIndex((c) => c.checkpointId === draft.checkpointId);
    if (at >= 0) history[at] = draft;
    else history.push(draft);
    this.checkpoints.set(threadId, history);
  }
}
