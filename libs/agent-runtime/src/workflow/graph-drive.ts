import { RunControl } from '@langchain/langgraph';
import type { BeginRunGo } from '../api';
import type { CallPort, RunnableGraph } from '../graph';
import type { GraphWatch } from './graph-watch';
import { graphWork } from './graph-work';
import { historyIsLong } from './history-length';
import { type ChunkMode, type GraphOutcome, type GraphRun, runGraph } from './run-graph';
import type { WorkflowSaver } from './saver';

/** What a {@link GraphDrive} works with. */
export interface DrivenGraph {
  readonly graph: RunnableGraph;
  readonly saver: WorkflowSaver;
  readonly ids: GraphRun['ids'];
  readonly watch: GraphWatch;
  /** See `BeginRunGo`. */
  readonly boundsReplay: boolean;
  /** Gets what the graph emits. */
  readonly recorder: { chunk(ns: readonly string[], mode: ChunkMode, payload: unknown): void };
  /** Nothing is left to be written. */
  isQuiet(): boolean;
  /** Refuses, by throwing, what may not be recorded. @returns bytes of the state that are to be written. Default: none. */
  measure?(ns: readonly string[], mode: ChunkMode, payload: unknown): number;
}

/** Drives a graph from a checkpoint until it ends, waits or stops at a superstep boundary; there it may be driven on. */
export class GraphDrive {
  private control = new RunControl();

  constructor(private readonly driven: DrivenGraph) {}

  /** The graph stops at its next superstep boundary: it is `drained`. */
  requestDrain(reason: string): void {
    this.control.requestDrain(reason);
  }

  /** Forgets the drain that was asked for: the graph goes on. */
  renew(): void {
    this.control = new RunControl();
  }

  /** Drives the graph; one that was given up never comes to an end by itself. @throws what a node threw; why the graph was given up */
  run(begin: BeginRunGo, calls: CallPort, recursionLimit: number): Promise<GraphOutcome> {
    const { graph, ids, saver, watch } = this.driven;
    if (!watch.mayGoOn()) return watch.givenUp;
    watch.watchIdle(() => this.driven.isQuiet());
    const { control } = this;
    const onChunk = (ns: readonly string[], mode: ChunkMode, payload: unknown): void => this.chunk(ns, mode, payload);
    const stopped = runGraph({ graph, begin, ids, saver, calls, recursionLimit, control, onChunk });
    return Promise.race([stopped, watch.givenUp]).finally(() => watch.end());
  }

  private chunk(ns: readonly string[], mode: ChunkMode, payload: unknown): void {
    const { saver, recorder, boundsReplay } = this.driven;
    if (saver.refusal !== undefined) throw saver.refusal;
    const bytes = this.driven.measure?.(ns, mode, payload) ?? 0;
    if (boundsReplay) graphWork().add(bytes);
    recorder.chunk(ns, mode, payload);
    if (!this.control.drainRequested && historyIsLong()) this.control.requestDrain('continue-as-new');
  }
}
