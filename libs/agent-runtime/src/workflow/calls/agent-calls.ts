import type { AgentTaskResult } from '../../api';
import type { AgentCall, CallSite } from '../../graph';
import type { CallRequests } from './call-requests';
import { CallSlots, MOST_UNDER_WAY } from './call-slots';
import { type CallingRun, never, type SharedByCalls } from './calling-run';

/** Has sub-agents do tasks for the nodes of a run, each in a child workflow. */
export class AgentCalls {
  private readonly tasks = new Set<string>();
  private readonly slots: CallSlots;

  constructor(
    private readonly run: CallingRun,
    private readonly requests: CallRequests,
    private readonly shared: SharedByCalls,
  ) {
    this.slots = new CallSlots(run.boundsCalls ? MOST_UNDER_WAY : Infinity);
  }

  /** Ids of the tasks that are under way. */
  get underWay(): readonly string[] {
    return [...this.tasks];
  }

  /** Refuses those that wait for a slot and all that come. */
  close(error: Error): void {
    this.slots.close(error);
  }

  /** See `CallPort.agent`. */
  async make(site: CallSite, asked: AgentCall): Promise<AgentTaskResult> {
    const { graph, ...call } = asked;
    const { originRunId, boundsCalls, task } = this.run;
    const { scope, nodes, row } = this.shared;
    const named = this.requests.task(site, asked);
    if (call.answered === undefined) task?.meter.beforeCall();
    // A child workflow ends the workflow task, as a normal call does.
    if (!boundsCalls) row.end();
    const end = nodes.begin(site);
    let isMade = false;
    try {
      const turn = this.slots.take();
      if (turn !== undefined) await turn;
      isMade = true;
      this.tasks.add(named.taskId);
      const result = await scope.run(() => this.run.startAgent({ originRunId, ...named, graphId: graph, ...call }));
      task?.meter.agentSpent(result.spent, call.answered?.spent);
      return this.run.mayGoOn() ? result : never();
    } finally {
      if (isMade) {
        this.tasks.delete(named.taskId);
        this.slots.give();
        if (boundsCalls) row.end();
      }
      end();
    }
  }
}
