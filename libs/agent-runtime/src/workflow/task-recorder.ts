import type { EventData, Frame, RunEventDraft } from '@holdfast/contracts/events';
import { frameData } from './frame-data';
import { FrameNames } from './frame-names';
import type { ChunkMode } from './run-graph';
import type { WorkflowSaver } from './saver';
import type { Recorded } from './step-recorder';

/** The task that a {@link TaskRecorder} records. */
export interface RecordedTask {
  readonly saver: Pick<WorkflowSaver, 'forgetOlder' | 'headId'>;
  /** See `AgentTaskInput`. */
  readonly ns: readonly string[];
  readonly step: number;
}

interface CheckpointChunk {
  readonly config: { readonly configurable: { readonly checkpoint_id: string } };
  readonly metadata: { readonly source: string; readonly step: number };
}

/**
 * Turns what a sub-agent's graph emits into events of the run that it works for: frames under its namespace, as those of a sub-graph. Its
 * checkpoints are in its workflow's history only, so no frame names one.
 */
export class TaskRecorder {
  private events: RunEventDraft[] = [];
  private frames: Frame[] = [];
  private readonly names = new FrameNames();
  /** Of the sub-agent's own graph; a run's superstep may be all of the task. */
  private runningStep = 0;
  private stepsHere = 0;
  /** The checkpoint that this execution begins with; an earlier one has told of it. */
  private readonly known: string | undefined;
  private isRepeated: boolean;

  constructor(private readonly task: RecordedTask) {
    this.known = task.saver.headId;
    this.isRepeated = this.known !== undefined;
  }

  /** Supersteps of this execution. */
  get steps(): number {
    return this.stepsHere;
  }

  /** True when a commit would have nothing to write. */
  get isEmpty(): boolean {
    return this.events.length === 0 && this.frames.length === 0;
  }

  /** A chunk of the graph's stream, in order. */
  chunk(ns: readonly string[], mode: ChunkMode, payload: unknown): void {
    const isRoot = ns.length === 0;
    if (mode === 'checkpoints') {
      if (!isRoot) return;
      if (this.isNewStep(payload)) this.stepsHere += 1;
      this.runningStep = (payload as CheckpointChunk).metadata.step + 1;
    } else if (mode === 'values' && isRoot && this.isRepeated) {
      this.isRepeated = false;
    } else {
      const content = { ns: [...this.task.ns, ...ns], mode, data: frameData(mode, payload, undefined) };
      this.frames.push({ ...content, ...this.names.next(this.runningStep, content) });
    }
  }

  /** A tool call that was answered. */
  toolCalled(data: EventData<'tool.called.v1'>): void {
    this.events.push({ type: 'tool.called.v1', data });
  }

  /** A model call that a fallback answered. */
  modelReplaced(data: EventData<'model.replaced.v1'>): void {
    this.events.push({ type: 'model.replaced.v1', data });
  }

  /** Everything since the last call. */
  async take(): Promise<Recorded> {
    const { events, frames } = this;
    this.events = [];
    this.frames = [];
    this.task.saver.forgetOlder();
    const data = { step: this.task.step, checkpoint_id: null, parent_checkpoint_id: null, frames };
    return { events: frames.length === 0 ? events : [...events, { type: 'run.step-completed.v1', data }], checkpoints: [], texts: [] };
  }

  /** Step 0 only puts the input into the state. */
  private isNewStep(payload: unknown): boolean {
    const { metadata, config } = payload as CheckpointChunk;
    return metadata.source === 'loop' && metadata.step > 0 && config.configurable.checkpoint_id !== this.known;
  }
}
