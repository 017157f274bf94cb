import type { BaseMessage, MessageContent } from '@langchain/core/messages';
import { Annotation } from '@langchain/langgraph';
import { collected, lastValue, messagesChannel } from '../building-blocks/channels';

/** What a debater said in a round. */
export interface Position {
  /** From 1. */
  readonly debater: number;
  /** From 1. */
  readonly round: number;
  readonly content: MessageContent;
}

/** A judge's vote. */
export interface Ballot {
  /** From 1. */
  readonly judge: number;
  /** The debater that the judge prefers; null for a vote that could not be read. */
  readonly vote: number | null;
}

/** The outcome of the vote. */
export interface Tally {
  /** Votes of debater 1, 2, … */
  readonly votes: readonly number[];
  readonly abstentions: number;
  /** Of those with most votes, the first. */
  readonly winner: number;
}

/** State of debate. All but `messages` is about the current run; node `open` starts it anew. */
export const DebateState = Annotation.Root({
  messages: messagesChannel(),
  /** Rounds that are over. */
  rounds: lastValue<number>(() => 0),
  positions: collected<Position>(),
  ballots: collected<Ballot>(),
  result: lastValue<Tally | null>(() => null),
});

/** See {@link DebateState}. */
export type DebateState = typeof DebateState.State;

/** What a debater gets for a round. */
export interface DebaterState {
  readonly debater: number;
  readonly round: number;
  readonly request: readonly BaseMessage[];
  /** Of the round before; empty in the first. */
  readonly positions: readonly Position[];
}

/** What a judge gets. */
export interface JudgeState {
  readonly judge: number;
  readonly request: readonly BaseMessage[];
  /** Of the last round. */
  readonly positions: readonly Position[];
}
