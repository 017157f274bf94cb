import { Annotation } from '@langchain/langgraph';
import { lastValue, messagesChannel } from '../building-blocks/channels';
import type { PeerName } from './peers';

/** State of swarm. `active` lasts over the runs of a thread; the counters are about the current run. */
export const SwarmState = Annotation.Root({
  messages: messagesChannel(),
  /** Who speaks with the person, also in the next run. */
  active: lastValue<PeerName>(() => 'guide'),
  handoffs: lastValue<number>(() => 0),
  rounds: lastValue<number>(() => 0),
});

/** See {@link SwarmState}. */
export type SwarmState = typeof SwarmState.State;
