import { AIMessage } from '@langchain/core/messages';
import { END, START, StateGraph } from '@langchain/langgraph';
import { defineGraph, requestApproval, waitFor, waitForEvent } from '@holdfast/agent-runtime/graph';
import { schemas } from './schemas';
import { WaitsState } from './state';

type State = WaitsState;
type Update = typeof WaitsState.Update;

const DAY = 86_400;
const PAYMENT = 'payment.received';

/** Waits for time. */
function coolOff({ coolingOffSeconds }: State): Update {
  waitFor({ seconds: coolingOffSeconds || DAY });
  return { payment: null, outcome: 'pending' };
}

/** Waits for an event; one that came while the order cooled off counts, too. */
function awaitPayment({ order, paymentSeconds }: State): Update {
  const answer = waitForEvent({ type: PAYMENT, key: order, timeoutSeconds: paymentSeconds || 7 * DAY, lookbackSeconds: DAY });
  return answer.outcome === 'event' ? { payment: answer.event.payload ?? {} } : { payment: null };
}

/** Waits for a person. */
function release({ order, payment }: State): Update {
  const { decision } = requestApproval({ action: 'release-order', args: { order, payment }, summary: `Release order ${order}?` });
  return { outcome: decision === 'rejected' ? 'declined' : 'released' };
}

function giveUp(): Update {
  return { outcome: 'unpaid' };
}

/** Says how it ended. */
function conclude({ order, outcome }: State): Update {
  return { messages: [new AIMessage(`Order ${order}: ${outcome}.`)] };
}

/** An order that waits for time, for an event and for a person. */
export const waits = defineGraph({
  graphId: 'waits',
  version: '1.0.0',
  description: 'Waits for a time, then for an event with a key or its time-out, then for a person.',
  schemas,
  build: () =>
    new StateGraph(WaitsState)
      .addNode('coolOff', coolOff)
      .addNode('awaitPayment', awaitPayment)
      .addNode('release', release)
      .addNode('giveUp', giveUp)
      .addNode('conclude', conclude)
      .addEdge(START, 'coolOff')
      .addEdge('coolOff', 'awaitPayment')
      .addConditionalEdges('awaitPayment', ({ payment }) => (payment === null ? 'giveUp' : 'release'), ['release', 'giveUp'])
      .addEdge('release', 'conclude')
      .addEdge('giveUp', 'conclude')
      .addEdge('conclude', END)
      .compile({ name: 'waits' }),
});
