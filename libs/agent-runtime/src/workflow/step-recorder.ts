import type { EventData, Frame, RunEventDraft } from '@holdfast/contracts/events';
import type { CheckpointDraft, StateFrame, TaskStartFrame } from '../api';
import { toApiForm } from '../graph';
import { type CheckpointView, draftOf, viewOfChunk } from './checkpoint-draft';
import { type ChunkMode, isInterruptNotice } from './run-graph';
import type { WorkflowSaver } from './saver';

/** What the journal gets in one commit. */
export interface Recorded {
  readonly events: readonly RunEventDraft[];
  readonly checkpoints: readonly CheckpointDraft[];
}

/** The state of the root graph as its nodes are about to see it. */
interface RootState {
  readonly checkpointId: string;
  readonly values: Readonly<Record<string, unknown>>;
}

type StepEvent = { readonly type: 'run.step-completed.v1'; readonly data: EventData<'run.step-completed.v1'> };

/**
 * Turns what LangGraph emits into journal events and checkpoints. One `run.step-completed.v1` per finished superstep; frames that
 * follow it within the same commit (task starts of the next step) join it; frames of a step that is still running make one
 * without a checkpoint.
 */
export class StepRecorder {
  private events: RunEventDraft[] = [];
  private frames: Frame[] = [];
  private views: CheckpointView[] = [];
  private lastStep: StepEvent | undefined;
  /** `values` frames come just before the checkpoint that they show. */
  private awaitingCheckpoint: Frame[] = [];
  private root: RootState | undefined;
  private latestId: string | undefined;
  private stepNumber = -1;
  private stepsHere = 0;

  /**
   * @param stepsBefore supersteps that the run did before this workflow execution
   * @param callsMade asked at each commit; see `SavedRun.calls`
   */
  constructor(
    private readonly runId: string,
    private readonly saver: WorkflowSaver,
    private readonly stepsBefore: number,
    private readonly callsMade: () => number,
  ) {
    this.latestId = saver.headId;
  }

  /** Supersteps of the run so far. */
  get steps(): number {
    return this.stepsBefore + this.stepsHere;
  }

  /** True when a commit would have nothing to write. */
  get isEmpty(): boolean {
    return this.events.length === 0 && this.frames.length === 0 && this.views.length === 0;
  }

  /** A chunk of the graph's stream, in order. */
  chunk(ns: readonly string[], mode: ChunkMode, payload: unknown): void {
    const isRoot = ns.length === 0;
    if (mode === 'checkpoints' && isRoot) {
      this.checkpoint(viewOfChunk(payload), payload as { values: RootState['values'] });
    } else if (mode === 'values' && isRoot && !isInterruptNotice(payload)) {
      this.awaitingCheckpoint.push(this.frame(ns, mode, {}));
    } else {
      this.frame(ns, mode, this.dataOf(isRoot, mode, payload));
    }
  }

  /** A tool call that was answered. */
  toolCalled(data: EventData<'tool.called.v1'>): void {
    this.events.push({ type: 'tool.called.v1', data });
  }

  /** The newest checkpoint after the graph stopped, with what joined it since its chunk. */
  settle(view: CheckpointView): void {
    this.views = this.views.filter((earlier) => earlier.checkpointId !== view.checkpointId);
    this.views.push(view);
    if (view.checkpointId !== this.latestId) this.finishStep(view);
    this.placeValues(view.checkpointId);
  }

  /** Everything since the last call. */
  async take(): Promise<Recorded> {
    this.joinLooseFrames();
    const { events, views } = this;
    const run = { runId: this.runId, calls: this.callsMade(), steps: this.steps };
    this.events = [];
    this.views = [];
    this.lastStep = undefined;
    const checkpoints: CheckpointDraft[] = [];
    for (const view of views) checkpoints.push(await draftOf(view, this.saver, run));
    this.saver.forgetOlder();
    return { events, checkpoints };
  }

  private checkpoint(view: CheckpointView, chunk: { readonly values: RootState['values'] }): void {
    this.root = { checkpointId: view.checkpointId, values: chunk.values };
    this.views.push(view);
    this.placeValues(view.checkpointId);
    this.frame([], 'checkpoints', { checkpoint_id: view.checkpointId } satisfies StateFrame);
    // A resumed run begins with the checkpoint that it was given.
    if (view.checkpointId !== this.latestId) this.finishStep(view);
    this.stepNumber = view.metadata.step;
  }

  private finishStep(view: CheckpointView): void {
    const parent = this.latestId ?? null;
    this.latestId = view.checkpointId;
    this.stepNumber = view.metadata.step;
    if (view.metadata.source !== 'loop') return;
    // Step 0 only puts the input into the state.
    if (view.metadata.step > 0) this.stepsHere += 1;
    this.lastStep = {
      type: 'run.step-completed.v1',
      data: { step: view.metadata.step, checkpoint_id: view.checkpointId, parent_checkpoint_id: parent, frames: this.frames },
    };
    this.events.push(this.lastStep);
    this.frames = [];
  }

  private joinLooseFrames(): void {
    if (this.frames.length === 0) return;
    if (this.lastStep !== undefined) {
      this.lastStep.data.frames.push(...this.frames);
    } else {
      this.events.push({
        type: 'run.step-completed.v1',
        data: { step: this.stepNumber + 1, checkpoint_id: null, parent_checkpoint_id: null, frames: this.frames },
      });
    }
    this.frames = [];
  }

  private placeValues(checkpointId: string): void {
    for (const frame of this.awaitingCheckpoint) frame.data = { checkpoint_id: checkpointId } satisfies StateFrame;
    this.awaitingCheckpoint = [];
  }

  private frame(ns: readonly string[], mode: ChunkMode, data: unknown): Frame {
    const frame: Frame = { ns: [...ns], mode, data };
    this.frames.push(frame);
    return frame;
  }

  private dataOf(isRoot: boolean, mode: ChunkMode, payload: unknown): unknown {
    switch (mode) {
      case 'values':
        return { values: toApiForm(payload) } satisfies StateFrame;
      case 'checkpoints':
        return { checkpoint: withoutInternals(payload) } satisfies StateFrame;
      case 'tasks':
        return this.taskData(isRoot, payload as TaskStartFrame & { metadata?: unknown; result?: unknown });
      default:
        return toApiForm(payload);
    }
  }

  private taskData(isRoot: boolean, payload: TaskStartFrame & { readonly metadata?: unknown; readonly result?: unknown }): unknown {
    const { metadata: _, ...task } = payload;
    if ('result' in task || !isRoot || this.root === undefined || !sameFields(task.input, this.root.values)) return toApiForm(task);
    const { input: __, ...rest } = task;
    return { ...rest, input_from: this.root.checkpointId } satisfies TaskStartFrame;
  }
}

/** Nodes read the channels one by one, so the input is another object with the same parts. */
function sameFields(a: unknown, b: Readonly<Record<string, unknown>>): boolean {
  if (typeof a !== 'object' || a === null) return false;
  const entries = Object.entries(a);
  return entries.length === Object.keys(b).length && entries.every(([key, value]) => b[key] === value);
}

/** A sub-graph's checkpoint carries the run's whole config, the call port and the saver among it. */
function withoutInternals(payload: unknown): unknown {
  const { config: _, parentConfig: __, ...rest } = payload as Record<string, unknown>;
  return toApiForm(rest);
}
