import { condition } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { RunRef } from '../api';
import type { CutOff } from './calls/calling-run';
import { viewOfHead } from './checkpoint-draft';
import { divert, untilLetGo } from './compensation';
import type { JournalPump } from './journal-pump';
import type { Pausing } from './pausing';
import type { LoadedGraph } from './steered-graph';

/** A run as it is when it is to take back what it did. */
export interface CompensatedRun {
  readonly ref: RunRef & { readonly originRunId: string };
  readonly graphId: string;
  /** The graph's node that takes back. */
  readonly node: string | undefined;
  readonly pausing: Pausing;
  readonly pump: JournalPump;
}

/** Leads a run's graph from wherever it was stopped to the node that takes back what it did. */
export class CompensationStart {
  constructor(
    private readonly run: CompensatedRun,
    private readonly loaded: LoadedGraph,
  ) {}

  /**
   * Returns when it is in the journal: whoever takes the run over goes on with it.
   * @param isLost the run is not this workflow's any more: what is in the journal is of no use here
   * @throws HoldfastError NOT_SUPPORTED: the graph has no such node
   */
  async begin(reason: string, cutOff: CutOff, isLost: () => boolean): Promise<void> {
    const { ref, graphId, node, pausing, pump } = this.run;
    const { graph, saver, recorder } = this.loaded;
    if (node === undefined) throw new HoldfastError('NOT_SUPPORTED', `this build's graph ${graphId} cannot take back what it did`);
    await untilLetGo(ref, cutOff);
    pausing.lift();
    await divert(graph, saver, node);
    const view = await viewOfHead(graph, saver);
    recorder.happened({ type: 'run.compensation-started.v1', data: { reason, node } });
    if (view !== undefined) recorder.settle(view);
    const commit = pump.nextCommit;
    await condition(() => isLost() || pump.commits >= commit);
  }
}
