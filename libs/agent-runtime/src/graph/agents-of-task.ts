import { getConfig } from '@langchain/langgraph';

/**
 * Whose turn it is to ask. LangGraph tells the questions of a task apart by their order alone, so of several agents that work for a task at the same
 * time none asks before all have ended or want to ask; then they ask in the order in which they were called.
 */
export class AgentsOfTask {
  private called = 0;
  private readonly working = new Set<number>();
  private readonly asking = new Map<number, () => void>();

  /** @returns the agent's place */
  enter(): number {
    const place = this.called;
    this.called += 1;
    this.working.add(place);
    return place;
  }

  /** The agent has ended. */
  leave(place: number): void {
    this.working.delete(place);
    this.pass();
  }

  /** Resolves when the agent may ask; it counts as working again then. Never, when one before it ends the task with a question. */
  turn(place: number): Promise<void> {
    return new Promise((resolve) => {
      this.working.delete(place);
      this.asking.set(place, resolve);
      this.pass();
    });
  }

  private pass(): void {
    if (this.working.size > 0 || this.asking.size === 0) return;
    const first = Math.min(...this.asking.keys());
    const resolve = this.asking.get(first)!;
    this.asking.delete(first);
    this.working.add(first);
    resolve();
  }
}

/** LangGraph's notes on the execution of a task, and ours: runs share what a module keeps. */
interface Notes {
  __holdfastAgents?: AgentsOfTask;
}

/** Those of the task that is being executed. */
export function agentsOfThisTask(): AgentsOfTask {
  const notes = getConfig()?.configurable?.['__pregel_scratchpad'] as Notes | undefined;
  if (notes === undefined) return new AgentsOfTask();
  notes.__holdfastAgents ??= new AgentsOfTask();
  return notes.__holdfastAgents;
}
