import type { CallPolicy, Lane, LocalAnswer, LocalErrand } from '../../api';
import type { CallSite } from '../../graph';
import { mayBeRepeated, toCallError } from '../failure';
import { localResults } from '../local-results';
import { CallSlots, MOST_UNDER_WAY } from './call-slots';
import { type CallingRun, never, type SharedByCalls } from './calling-run';

interface Retriable {
  readonly policy?: CallPolicy;
}

/** How one call is made in each lane; in the normal one with the attempts that are left. */
export interface Lanes<Q, A> {
  local(errand?: LocalErrand): Promise<LocalAnswer<A>>;
  normal(request: Q): Promise<A>;
}

/** Makes the model and tool calls of a run, each in its lane. */
export class CallsInLanes {
  private open = 0;
  private readonly slots: CallSlots;

  constructor(
    private readonly run: CallingRun,
    private readonly shared: SharedByCalls,
  ) {
    this.slots = new CallSlots(run.boundsCalls ? MOST_UNDER_WAY : Infinity);
  }

  /** Calls that are under way. */
  get underWay(): number {
    return this.open;
  }

  /** Refuses those that wait for a slot and all that come. */
  close(error: Error): void {
    this.slots.close(error);
  }

  /**
   * Makes a call. What a graph that was given up would get, it never gets: a node may catch errors, and would go on.
   * @throws what `toCallError` makes of its failure
   */
  make<Q extends Retriable, A>(site: CallSite, request: Q, asked: Lane | undefined, lanes: Lanes<Q, A>): Promise<A> {
    return this.shared.scope.run(async () => {
      const end = this.shared.nodes.begin(site);
      let isMade = false;
      try {
        // A promise only where it has to wait: results must not change places.
        const turn = this.slots.take();
        if (turn !== undefined) await turn;
        isMade = true;
        this.open += 1;
        const answer = await this.answerOf(request, asked, lanes);
        return this.run.mayGoOn() ? answer : never();
      } catch (failure) {
        if (!this.run.mayGoOn()) return never();
        throw toCallError(failure);
      } finally {
        if (isMade) {
          this.open -= 1;
          this.slots.give();
        }
        end();
      }
    });
  }

  private async answerOf<Q extends Retriable, A>(request: Q, asked: Lane | undefined, { local, normal }: Lanes<Q, A>): Promise<A> {
    const { row } = this.shared;
    let left = request;
    if ((asked ?? this.run.lane) === 'local' && row.take()) {
      try {
        const reply = await (this.run.send?.(local) ?? localResults().inTurn(local()));
        if (!this.run.mayGoOn()) return never();
        if ('answer' in reply) {
          row.took(reply.ms);
          return reply.answer;
        }
      } catch (failure) {
        // Repeats belong to the normal lane: a pause between two attempts must not hold the workflow task.
        if (!this.run.mayGoOn() || !mayBeRepeated(failure) || request.policy?.attempts === 1) throw failure;
        left = oneAttemptLess(request);
      }
    }
    if (this.run.boundsCalls) return row.endsWith(normal(left));
    row.end();
    return normal(left);
  }
}

function oneAttemptLess<Q extends Retriable>(request: Q): Q {
  const { policy } = request;
  return policy?.attempts === undefined ? request : { ...request, policy: { ...policy, attempts: policy.attempts - 1 } };
}
