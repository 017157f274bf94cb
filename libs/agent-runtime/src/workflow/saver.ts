import {
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
  BaseCheckpointSaver,
  copyCheckpoint,
} from '@langchain/langgraph/web';
import { type PendingWrite, WRITES_IDX_MAP, compareWritesSortKeys, writesSortKey } from '@langchain/langgraph-checkpoint';
import type { RunnableConfig } from '@langchain/core/runnables';
import type { HoldfastError } from '@holdfast/contracts/errors';
import { MAX_RESULT_BYTES } from '@holdfast/contracts/limits';
import { requireStorable } from './measure';
import type { MessageLists, Part } from './message-lists';
import { type PendingTaskWrite, type WritesByPlace, questionAt, RESUME, withdrawQuestions } from './open-questions';
import { StateSerializer } from './state-serializer';

interface Entry {
  readonly checkpoint: Checkpoint;
  readonly metadata: CheckpointMetadata;
  readonly parentId?: string;
  /** How many root checkpoints were there before it. */
  readonly generation: number;
}

/** What a saver's text holds. */
export interface SaverDump {
  /** By namespace. */
  readonly entries: readonly (readonly [string, Entry])[];
  /** By namespace, NUL, checkpoint id. */
  readonly writes: readonly (readonly [string, PendingTaskWrite[]])[];
}

const ROOT = '';

/**
 * LangGraph's checkpointer inside a workflow. PostgreSQL keeps the history of a thread, so this keeps what driving the graph needs:
 * the newest checkpoint of each namespace with its pending writes, and the root checkpoints since the last commit, which
 * the journal still has to dump. `DeltaChannel` would need older ones; `assertRunnable` refuses it.
 */
export class WorkflowSaver extends BaseCheckpointSaver {
  private readonly entries = new Map<string, Entry>();
  private readonly writes: WritesByPlace = new Map();
  /** Root checkpoints by id; emptied by {@link forgetOlder}. */
  private readonly recent = new Map<string, Entry>();
  private readonly serializer: StateSerializer;
  private generation = 0;
  private refused: HoldfastError | undefined;

  constructor() {
    const serializer = new StateSerializer();
    super(serializer);
    this.serializer = serializer;
  }

  /** Why a value of a node was not taken: cannot be stored, or is too large. The run has to end with it. */
  get refusal(): HoldfastError | undefined {
    return this.refused;
  }

  /** Long lists of messages of the states that it holds. */
  get lists(): MessageLists {
    return this.serializer.lists;
  }

  /** Id of the newest root checkpoint. */
  get headId(): string | undefined {
    return this.entries.get(ROOT)?.checkpoint.id;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const ns = namespaceOf(config);
    const entry = this.entries.get(ns);
    const wanted: unknown = config.configurable?.['checkpoint_id'];
    if (entry === undefined || (wanted && wanted !== entry.checkpoint.id)) return undefined;
    const base = { thread_id: config.configurable?.['thread_id'], checkpoint_ns: ns };
    const pending = [...(this.writes.get(writesKey(ns, entry.checkpoint.id)) ?? [])].sort((a, b) =>
      compareWritesSortKeys(writesSortKey(a.path, a.taskId, a.idx), writesSortKey(b.path, b.taskId, b.idx)),
    );
    return {
      config: { configurable: { ...base, checkpoint_id: entry.checkpoint.id } },
      checkpoint: copyCheckpoint(entry.checkpoint),
      metadata: entry.metadata,
      ...(entry.parentId === undefined ? {} : { parentConfig: { configurable: { ...base, checkpoint_id: entry.parentId } } }),
      pendingWrites: pending.map((write) => [write.taskId, write.channel, write.value]),
    };
  }

  override async *list(config: RunnableConfig): AsyncGenerator<CheckpointTuple> {
    const newest = await this.getTuple({ configurable: { ...config.configurable, checkpoint_id: undefined } });
    if (newest !== undefined) yield newest;
  }

  override async put(config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<RunnableConfig> {
    const ns = namespaceOf(config);
    if (ns === ROOT) this.startGeneration();
    for (const key of this.writes.keys()) {
      if (key.startsWith(`${ns}\0`) && key !== writesKey(ns, checkpoint.id)) this.writes.delete(key);
    }
    const parentId = config.configurable?.['checkpoint_id'] as string | undefined;
    const entry: Entry = {
      checkpoint: copyCheckpoint(checkpoint),
      metadata,
      generation: this.generation,
      ...(parentId === undefined ? {} : { parentId }),
    };
    this.entries.set(ns, entry);
    if (ns === ROOT) this.recent.set(checkpoint.id, entry);
    return { configurable: { thread_id: config.configurable?.['thread_id'], checkpoint_ns: ns, checkpoint_id: checkpoint.id } };
  }

  override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string, taskPath = ''): Promise<void> {
    const key = writesKey(namespaceOf(config), String(config.configurable?.['checkpoint_id']));
    const list = this.writes.get(key) ?? [];
    this.writes.set(key, list);
    if (!this.admits(writes)) return;
    writes.forEach(([channel, value], i) => {
      const idx = WRITES_IDX_MAP[channel] ?? i;
      const at = list.findIndex((write) => write.taskId === taskId && write.idx === idx);
      // Ordinary writes: the first one wins, as in MemorySaver. Special ones (interrupt, error, resume) have negative places.
      if (at >= 0 && idx >= 0) return;
      const write: PendingTaskWrite = { taskId, channel, value, path: taskPath, idx };
      if (at >= 0) list[at] = write;
      else list.push(write);
    });
  }

  override async deleteThread(): Promise<void> {
    this.entries.clear();
    this.writes.clear();
    this.recent.clear();
  }

  /**
   * A root checkpoint as text for {@link load}: the newest one with its pending writes and sub-graphs, an older one alone.
   * In LangGraph's own form, because messages and other LangChain objects must survive.
   * @param lists gets the hashes of the parts of lists that the text names, see {@link lists}; without it the text says everything itself
   * @throws Error when the checkpoint is neither the newest nor one since {@link forgetOlder}.
   */
  async dump(checkpointId: string | undefined = this.headId, lists?: Set<string>): Promise<string> {
    const older = checkpointId !== undefined && checkpointId !== this.headId;
    const dump: SaverDump = older ? this.alone(checkpointId) : { entries: [...this.entries], writes: [...this.writes] };
    return this.serializer.stringify(dump, lists);
  }

  /** {@link dump} without what tasks that are still beside others have given: they are executed again from here. */
  async dumpAlone(checkpointId: string, lists?: Set<string>): Promise<string> {
    return this.serializer.stringify(this.alone(checkpointId), lists);
  }

  private alone(checkpointId: string): SaverDump {
    return { entries: [[ROOT, this.known(checkpointId)]], writes: [] };
  }

  /**
   * Answers questions by their ids, wherever in the graph they were asked, as LangGraph does it for a resume with a map; needed where an id is not
   * what LangGraph makes of the task's place any more. False when a key is no question that waits.
   */
  answer(resume: Readonly<Record<string, unknown>>): boolean {
    const places = Object.entries(resume).map(([id, value]) => ({ at: questionAt(this.writes, id), value }));
    if (places.length === 0 || places.some(({ at }) => at === undefined)) return false;
    for (const { at, value } of places) {
      const { key, taskId, path } = at!;
      const list = this.writes.get(key)!;
      const found = list.find((write) => write.taskId === taskId && write.channel === RESUME);
      const answers = [...((found?.value as unknown[] | undefined) ?? []), value];
      this.writes.set(key, [...list.filter((write) => write !== found), { taskId, path, channel: RESUME, value: answers, idx: WRITES_IDX_MAP[RESUME]! }]);
    }
    return true;
  }

  /** See {@link withdrawQuestions}. @param ns of a sub-graph that got another checkpoint */
  withdraw(ns: string): void {
    withdrawQuestions(this.writes, ns.split('|'));
  }

  /** Parent of a root checkpoint that {@link dump} knows; null for the first of a thread. */
  parentOf(checkpointId: string): string | null {
    return this.known(checkpointId).parentId ?? null;
  }

  /**
   * Puts another checkpoint in front of the newest root one, within the same superstep: tasks that have finished keep what they wrote, and
   * sub-graphs where they stand.
   * @param change gets a copy, gives it a new id, and returns its metadata; undefined leaves everything as it is
   * @returns the new id
   * @throws Error without a checkpoint
   */
  amendHead(change: (checkpoint: Checkpoint, metadata: CheckpointMetadata) => CheckpointMetadata | undefined): string | undefined {
    const head = this.entries.get(ROOT);
    if (head === undefined) throw new Error('a thread without checkpoints has none to amend');
    const checkpoint = copyCheckpoint(head.checkpoint);
    const metadata = change(checkpoint, head.metadata);
    if (metadata === undefined) return undefined;
    const entry: Entry = { checkpoint, metadata, generation: head.generation, parentId: head.checkpoint.id };
    const writes = this.writes.get(writesKey(ROOT, head.checkpoint.id));
    this.writes.delete(writesKey(ROOT, head.checkpoint.id));
    if (writes !== undefined) this.writes.set(writesKey(ROOT, checkpoint.id), writes);
    this.entries.set(ROOT, entry);
    this.recent.set(checkpoint.id, entry);
    return checkpoint.id;
  }

  /** Lets go of the root checkpoints before the newest. */
  forgetOlder(): void {
    for (const id of this.recent.keys()) if (id !== this.headId) this.recent.delete(id);
  }

  /**
   * A saver that goes on from a {@link dump}; an empty one without.
   * @param migrate brings it into the form of this build
   * @param lists texts of the parts of lists that the dump names
   */
  static async load(
    dump: string | null,
    migrate: (dump: SaverDump) => SaverDump = (same) => same,
    lists: Readonly<Record<string, string>> = {},
    kept?: ReadonlyMap<string, Part>,
  ): Promise<WorkflowSaver> {
    const saver = new WorkflowSaver();
    if (dump === null) return saver;
    const { entries, writes } = migrate((await saver.serializer.parse(dump, lists, kept)) as SaverDump);
    for (const [ns, entry] of entries) saver.entries.set(ns, { ...entry, generation: 0 });
    for (const [key, list] of writes) saver.writes.set(key, list);
    return saver;
  }

  private admits(writes: PendingWrite[]): boolean {
    try {
      for (const [channel, value] of writes) requireStorable(value, `What a node gives to ${channel}`, MAX_RESULT_BYTES, 'RESULT_TOO_LARGE');
      return true;
    } catch (error) {
      this.refused ??= error as HoldfastError;
      return false;
    }
  }

  private known(checkpointId: string): Entry {
    const head = this.entries.get(ROOT);
    const entry = head?.checkpoint.id === checkpointId ? head : this.recent.get(checkpointId);
    if (entry === undefined) throw new Error(`checkpoint ${checkpointId} is not in memory`);
    return entry;
  }

  /** The root advances: state of a task's sub-graph (its namespace carries the task id) from before the last step cannot be resumed any more. */
  private startGeneration(): void {
    this.generation += 1;
    for (const [ns, entry] of this.entries) {
      if (ns.includes(':') && entry.generation < this.generation - 1) this.drop(ns);
    }
  }

  private drop(ns: string): void {
    this.entries.delete(ns);
    for (const key of this.writes.keys()) if (key.startsWith(`${ns}\0`)) this.writes.delete(key);
  }
}

function namespaceOf(config: RunnableConfig): string {
  return (config.configurable?.['checkpoint_ns'] as string | undefined) ?? ROOT;
}

function writesKey(ns: string, checkpointId: string): string {
  return `${ns}\0${checkpointId}`;
}
