import { Annotation } from '@langchain/langgraph';
import { lastValue, messagesChannel } from '../building-blocks/channels';

/** `unpaid`: nobody paid in time. `declined`: a person did not release it. */
export type Outcome = 'pending' | 'released' | 'declined' | 'unpaid';

/** State of waits. `order` and the two times are the input of the run. */
export const WaitsState = Annotation.Root({
  messages: messagesChannel(),
  /** Number of the order: key of the event that is waited for. */
  order: lastValue<string>(() => ''),
  coolingOffSeconds: lastValue<number>(() => 0),
  paymentSeconds: lastValue<number>(() => 0),
  /** What the event of the payment carried. */
  payment: lastValue<unknown>(() => null),
  outcome: lastValue<Outcome>(() => 'pending'),
});

/** See {@link WaitsState}. */
export type WaitsState = typeof WaitsState.State;
