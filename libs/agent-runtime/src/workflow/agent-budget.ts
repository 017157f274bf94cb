import { HoldfastError } from '@holdfast/contracts/errors';
import type { AgentBudget, AgentSpending, ModelReply } from '../api';

const NOTHING: AgentSpending = { steps: 0, calls: 0, tokens: 0 };

/** What a sub-agent has used up, against what it may. */
export class AgentMeter {
  private calls: number;
  private tokens: number;
  private timeIsUp = false;

  /** @param before what earlier executions of the task used up */
  constructor(
    private readonly budget: AgentBudget,
    private readonly before: AgentSpending = NOTHING,
  ) {
    this.calls = before.calls;
    this.tokens = before.tokens;
  }

  /** Counts a call that is about to be made. @throws HoldfastError BUDGET_EXCEEDED */
  beforeCall(): void {
    const { calls, tokens } = this.budget;
    if (this.timeIsUp) throw this.outOfTime();
    if (calls !== undefined && this.calls >= calls) throw exceeded(`${calls} calls`);
    if (tokens !== undefined && this.tokens >= tokens) throw exceeded(`${tokens} tokens`);
    this.calls += 1;
  }

  /** Counts what a model used. */
  modelSpoke({ usage }: ModelReply): void {
    this.tokens += usage?.total_tokens ?? 0;
  }

  /** Counts what a sub-agent of this one used; its own call is counted already. @param before what was counted when it asked */
  agentSpent({ calls, tokens }: AgentSpending, before: AgentSpending = NOTHING): void {
    this.calls += calls - before.calls;
    this.tokens += tokens - before.tokens;
  }

  /** The time is up: no more calls. */
  endTime(): void {
    this.timeIsUp = true;
  }

  /** Whether {@link endTime} was called. */
  get isOutOfTime(): boolean {
    return this.timeIsUp;
  }

  /** The error of a task whose time is up. */
  outOfTime(): HoldfastError {
    return exceeded(`${this.budget.seconds} seconds`);
  }

  /** The error of a task that has no superstep left. */
  outOfSteps(): HoldfastError {
    return exceeded(`${this.budget.steps} supersteps`);
  }

  /** Supersteps that are left; undefined without a limit. */
  get stepsLeft(): number | undefined {
    return this.budget.steps === undefined ? undefined : this.budget.steps - this.before.steps;
  }

  /** All that was used. @param steps of this execution */
  spent(steps: number): AgentSpending {
    return { steps: this.before.steps + steps, calls: this.calls, tokens: this.tokens };
  }
}

function exceeded(limit: string): HoldfastError {
  return new HoldfastError('BUDGET_EXCEEDED', `the budget of the sub-agent is used up: ${limit}`);
}
