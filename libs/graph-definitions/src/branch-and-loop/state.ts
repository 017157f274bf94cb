import { Annotation } from '@langchain/langgraph';
import { lastValue, messagesChannel } from '../building-blocks/channels';

/** The ways a request can go; each is a node. */
export const ROUTES = ['compute', 'look-up', 'talk'] as const;
/** See {@link ROUTES}. */
export type Route = (typeof ROUTES)[number];

/** How the check ended; `limit-reached`: sent back once too often, the answer stands as it is. */
export type Verdict = 'pending' | 'accepted' | 'sent-back' | 'limit-reached';

/** State of branch-and-loop. All but `messages` is about the current run; node `classify` starts it anew. */
export const BranchState = Annotation.Root({
  messages: messagesChannel(),
  route: lastValue<Route>(() => 'talk'),
  /** Answers given so far. */
  attempts: lastValue<number>(() => 0),
  verdict: lastValue<Verdict>(() => 'pending'),
  /** The checker's last objection, empty without one. */
  feedback: lastValue<string>(() => ''),
});

/** See {@link BranchState}. */
export type BranchState = typeof BranchState.State;
