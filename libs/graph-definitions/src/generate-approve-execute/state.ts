import { Annotation } from '@langchain/langgraph';
import { lastValue, messagesChannel } from '../building-blocks/channels';

/** The tool call that a person decides on. */
export interface Proposal {
  /** Id that the model gave the call. */
  readonly id: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What became of the proposal; `none`: the model answered without a call. */
export type Verdict = 'pending' | 'approved' | 'edited' | 'rejected' | 'none';

/** State of generate-approve-execute. All but `messages` is about the current run; node `generate` starts it anew. */
export const ApprovalState = Annotation.Root({
  messages: messagesChannel(),
  proposal: lastValue<Proposal | null>(() => null),
  verdict: lastValue<Verdict>(() => 'pending'),
  /** Why the person rejected it, empty otherwise. */
  reason: lastValue<string>(() => ''),
  /** What was wrong with the person's last answer, empty when it could be read. */
  problem: lastValue<string>(() => ''),
});

/** See {@link ApprovalState}. */
export type ApprovalState = typeof ApprovalState.State;
