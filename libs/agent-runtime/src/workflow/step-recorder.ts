import { type HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { MAX_STATE_BYTES } from '@holdfast/contracts/limits';
import type { EventData, Frame, RunEventDraft } from '@holdfast/contracts/events';
import type { StoredBlob } from '@holdfast/contracts/messages';
import type { CheckpointDraft, ModelReply, StateFrame } from '../api';
import { type CheckpointView, draftOf, viewOfChunk } from './checkpoint-draft';
import { type RootState, frameData } from './frame-data';
import { FrameNames } from './frame-names';
import { withoutStates } from './refused-states';
import { type ChunkMode, isInterruptNotice } from './run-graph';
import type { SavedForm, SavedRun } from './saved-state';
import type { WorkflowSaver } from './saver';

/** What the journal gets in one commit. */
export interface Recorded {
  readonly events: readonly RunEventDraft[];
  readonly checkpoints: readonly CheckpointDraft[];
  /** To be stored before the checkpoints, which name them. */
  readonly texts: readonly StoredBlob[];
  /** Why a checkpoint is not among them: it, and all that follow, are not stored, and the run has to end with this. */
  readonly refusal?: HoldfastError;
}

/** The run that a {@link StepRecorder} records. */
export interface RecordedRun {
  readonly runId: string;
  readonly saver: WorkflowSaver;
  /** Supersteps that the run did before this workflow execution. */
  readonly stepsBefore: number;
  /** An earlier workflow execution has journalled the state that this one begins with. */
  readonly continues: boolean;
  /** That execution was lost: it did not hand the run over. */
  readonly takesOver: boolean;
  /** See `SavedRun`. */
  readonly originRunId: string;
  /** See `SavedRun`. */
  readonly callNaming?: SavedRun['callNaming'];
  /** See `SavedRun`. */
  injected(): NonNullable<SavedRun['injected']>;
  /** Of a state as it is stored. Default: MAX_STATE_BYTES. */
  readonly mostBytes?: number;
  /** A state is too large: see {@link Recorded.refusal}. */
  onRefused?(refusal: HoldfastError): void;
  /** Of the states that are stored. */
  readonly form?: SavedForm;
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
  private readonly names = new FrameNames();
  private views: CheckpointView[] = [];
  private lastStep: StepEvent | undefined;
  /** `values` frames come just before the checkpoint that they show. */
  private awaitingCheckpoint: Frame[] = [];
  private root: RootState | undefined;
  private latestId: string | undefined;
  /** The newest checkpoint that the journal has been told of here: a graph that is stopped and goes on shows it again. */
  private toldId: string | undefined;
  private stepNumber = -1;
  private stepsHere = 0;
  private hasSpoken = false;
  private refusal: HoldfastError | undefined;
  /** Where the graph has stopped. */
  private settled: CheckpointView | undefined;
  /** The same checkpoint before anything joined it, when it is not stored yet. */
  private shown: CheckpointView | undefined;
  /** What the next finished step tells besides its frames. */
  private marks: Pick<StepEvent['data'], 'first_token_at' | 'recovered'> = {};

  constructor(private readonly run: RecordedRun) {
    if (run.takesOver) this.marks.recovered = true;
    this.latestId = run.saver.headId;
  }

  /** Supersteps of the run so far. */
  get steps(): number {
    return this.run.stepsBefore + this.stepsHere;
  }

  /** The superstep that is under way. */
  get runningStep(): number {
    return this.stepNumber + 1;
  }

  /** True once a state was refused: nothing that the graph does from then on is stored. */
  get isRefused(): boolean {
    return this.refusal !== undefined;
  }

  /** True when a commit would have nothing to write. */
  get isEmpty(): boolean {
    return this.events.length === 0 && this.frames.length === 0 && this.views.length === 0;
  }

  /** A chunk of the graph's stream, in order. */
  chunk(ns: readonly string[], mode: ChunkMode, payload: unknown): void {
    if (this.isRefused) return;
    const isRoot = ns.length === 0;
    if (mode === 'checkpoints' && isRoot) {
      this.checkpoint(viewOfChunk(payload, this.run.saver.lists), payload as { values: RootState['values'] });
    } else if (mode === 'values' && isRoot && !isInterruptNotice(payload)) {
      const frame: Frame = { ns: [], mode, data: {} };
      this.frames.push(frame);
      this.awaitingCheckpoint.push(frame);
    } else {
      this.frame(ns, mode, frameData(mode, payload, isRoot ? this.root : undefined));
    }
  }

  /** A tool call that was answered. */
  toolCalled(data: EventData<'tool.called.v1'>): void {
    this.events.push({ type: 'tool.called.v1', data });
  }

  /** Something that happened to the run itself. */
  happened(event: RunEventDraft): void {
    this.events.push(event);
  }

  /** A model call that a fallback answered. */
  modelReplaced(data: EventData<'model.replaced.v1'>): void {
    this.events.push({ type: 'model.replaced.v1', data });
  }

  /** The state that was about to be shown is not: it is in the journal already, or will never be. */
  abandonStep(): void {
    this.frames = this.frames.filter((frame) => !this.awaitingCheckpoint.includes(frame));
    this.awaitingCheckpoint = [];
  }

  /** A model call that was answered. What it tells waits for the end of its step: there a repeated commit finds it by the checkpoint. */
  modelAnswered({ firstTokenAt, repeated }: Pick<ModelReply, 'firstTokenAt' | 'repeated'>): void {
    if (repeated === true) this.marks.recovered = true;
    if (firstTokenAt === undefined || this.hasSpoken) return;
    this.marks.first_token_at = firstTokenAt;
    this.hasSpoken = true;
  }

  /** The newest checkpoint after the graph stopped, with what joined it since its chunk. */
  settle(view: CheckpointView): void {
    if (this.isRefused) return;
    this.settled = view;
    this.shown = this.views.find((earlier) => earlier.checkpointId === view.checkpointId);
    this.views = this.views.filter((earlier) => earlier.checkpointId !== view.checkpointId);
    this.views.push(view);
    if (view.checkpointId !== this.latestId) this.finishStep(view);
    this.placeValues(view.checkpointId);
  }

  /** Everything since the last call. */
  async take(): Promise<Recorded> {
    this.joinLooseFrames();
    const { events, views } = this;
    const injected = this.run.injected();
    const { runId, originRunId, callNaming } = this.run;
    const naming = callNaming === undefined ? {} : { callNaming };
    const run = { runId, originRunId, ...naming, steps: this.steps, ...(injected.length === 0 ? {} : { injected }) };
    this.events = [];
    this.views = [];
    this.lastStep = undefined;
    const checkpoints = await this.draftsOf(views, run);
    this.run.saver.forgetOlder();
    const texts = this.run.saver.lists.takeTexts();
    if (this.refusal === undefined) return { events, checkpoints, texts };
    const refused = new Set(views.slice(checkpoints.length).map(({ checkpointId }) => checkpointId));
    return { events: withoutStates(events, refused), checkpoints, texts, refusal: this.refusal };
  }

  /** Up to the first that is refused. */
  private async draftsOf(views: readonly CheckpointView[], run: SavedRun): Promise<CheckpointDraft[]> {
    const { saver, form, mostBytes = MAX_STATE_BYTES } = this.run;
    const drafts: CheckpointDraft[] = [];
    for (const view of views) {
      try {
        drafts.push(await draftOf(view, saver, run, form, { mostBytes, isRunning: view !== this.settled }));
      } catch (error) {
        if (!isHoldfastError(error)) throw error;
        if (this.refusal !== undefined) break;
        this.refusal = error;
        this.run.onRefused?.(error);
        // Without what has joined it the checkpoint may be small enough: the thread stands there then.
        if (view === this.settled && this.shown !== undefined) drafts.push(...(await this.draftsOf([this.shown], run)));
        break;
      }
    }
    return drafts;
  }

  private checkpoint(view: CheckpointView, chunk: { readonly values: RootState['values'] }): void {
    const isNew = view.checkpointId !== this.latestId;
    this.root = { checkpointId: view.checkpointId, values: chunk.values };
    this.stepNumber = view.metadata.step;
    if (!isNew && (this.run.continues || this.toldId === view.checkpointId)) {
      this.abandonStep();
      return;
    }
    this.toldId = view.checkpointId;
    this.placeValues(view.checkpointId);
    this.frame([], 'checkpoints', { checkpoint_id: view.checkpointId } satisfies StateFrame);
    // A resumed run begins with the checkpoint that it was given: no step of its own, and stored already. As long as it has stored none
    // of its own, whoever takes it over gives the same answer to the same question again.
    if (!isNew) return;
    this.views.push(view);
    this.finishStep(view);
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
      data: { step: view.metadata.step, checkpoint_id: view.checkpointId, parent_checkpoint_id: parent, frames: this.frames, ...this.marks },
    };
    this.events.push(this.lastStep);
    this.frames = [];
    this.marks = {};
  }

  private joinLooseFrames(): void {
    if (this.frames.length === 0) return;
    if (this.lastStep !== undefined) {
      this.lastStep.data.frames.push(...this.frames);
    } else {
      this.events.push({
        type: 'run.step-completed.v1',
        data: { step: this.runningStep, checkpoint_id: null, parent_checkpoint_id: null, frames: this.frames },
      });
    }
    this.frames = [];
  }

  private placeValues(checkpointId: string): void {
    for (const frame of this.awaitingCheckpoint) {
      frame.data = { checkpoint_id: checkpointId } satisfies StateFrame;
      this.name(frame);
    }
    this.awaitingCheckpoint = [];
  }

  private frame(ns: readonly string[], mode: ChunkMode, data: unknown): void {
    const frame: Frame = { ns: [...ns], mode, data };
    this.frames.push(frame);
    this.name(frame);
  }

  private name(frame: Frame): void {
    Object.assign(frame, this.names.next(this.runningStep, frame));
  }
}
