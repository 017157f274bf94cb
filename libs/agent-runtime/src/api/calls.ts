import type { AiMessageDto, ListRef, MessageDto, ToolMessageDto, UsageDto } from '@holdfast/contracts/messages';
import type { ToolOutcome } from '@holdfast/contracts/tools';
import type { ProgressBatch } from './progress';
import type { RunRef } from './thread';

/** Kinds of calls that leave a graph. */
export type CallKind = 'model' | 'tool';

/**
 * Activity type of a node's calls: `<graphId>.<node>.<kind>`. One per node, because the determinism check compares activity
 * types and not arguments: with one generic name a changed graph would replay an old history without notice.
 */
export function callActivityType(graphId: string, node: string, kind: CallKind): string {
  return `${graphId}.${node}.${kind}`;
}

/** The kind of an activity type made by {@link callActivityType}; undefined for any other name. */
export function callKindOf(activityType: string): CallKind | undefined {
  return /\.(model|tool)$/.exec(activityType)?.[1] as CallKind | undefined;
}

/**
 * How Temporal repeats a model or tool call. 20 attempts outlast two minutes without model server or router. What must not be repeated
 * says so itself (`nonRetryable`); a list of types here would be written into every history event.
 */
export const CALL_RETRY = { initialInterval: 250, backoffCoefficient: 2, maximumInterval: 10_000, maximumAttempts: 20 } as const;

/** What a graph author asks of one call when it fails. */
export interface CallPolicy {
  /** Attempts that are left, this one included: 1 to {@link CALL_RETRY}'s, which is the default. */
  readonly attempts?: number;
  /** Time for all attempts and the pauses between them, milliseconds. Default: no limit but those of the attempts. */
  readonly totalMs?: number;
}

/** {@link CallPolicy} of a model call. */
export interface ModelPolicy extends CallPolicy {
  /** Models to ask, in order, when the one before them fails or is left alone: within the same attempt, without a pause. */
  readonly fallbacks?: readonly string[];
}

/**
 * What calls are named by. `digests`: as `content`, and of a model call a digest of each message in place of their texts, so that lists may be
 * references (`ModelRequest.lists`): `g<hash>-<n>`. `content`: `h<hash>-<n>`, of LangGraph's task, what people have answered it, and what tells the call from others: id
 * and name of a tool call, all that a model is asked, graph and input of a sub-agent; the n-th that says the same. `place`, in runs that began on
 * a build that knew no other: `<task>-<n>`, the n-th call of the task.
 */
export type CallNaming = 'digests' | 'content' | 'place';

/**
 * Names a call for ever. (tenant, `originRunId`, `callId`) is its key in the ledgers: the same call after a retry, a replay, in another
 * workflow execution, in the other lane or in a run that resumes this one has the same key, and finds the outcome that it left.
 */
export interface CallRef extends RunRef {
  /** The run in whose ledgers the call stands: the first one of those that go on from one another's interrupts and errors. */
  readonly originRunId: string;
  /** Unique under the origin run, see {@link CallNaming}. */
  readonly callId: string;
  readonly graphId: string;
  readonly node: string;
  /** LangGraph namespace of the calling sub-graph, empty for the root; for the token stream. */
  readonly ns: readonly string[];
}

/**
 * How a call is executed. `local`: within the workflow task, for next to nothing, as long as it takes less than {@link HANDOVER_MS}; then,
 * and after a failure that may be repeated, as `normal`: an activity with events of its own, which any worker may execute.
 */
export type Lane = 'local' | 'normal';

/** Time after which a call in the local lane is handed over to the normal one, milliseconds: cancels and further runs wait for it. */
export const HANDOVER_MS = 1_000;

/** Longest attempt of a call, in either lane, milliseconds. */
export const CALL_TIMEOUT_MS = 300_000;

/** Answer of a call's activity in the local lane: the call's own, or the word that it goes on and can be joined in the normal lane. */
export type LocalAnswer<A> = (
  | {
      readonly answer: A;
      /** How long the call took here, milliseconds. */
      readonly ms: number;
    }
  | { readonly handedOver: true }
) & {
  /** The commit that came along ({@link LocalErrand.commit}) is made. Absent: it may be, and has to be repeated. */
  readonly committed?: true;
};

/** What a call in the local lane takes along. */
export interface LocalErrand {
  /** To be made while the call is; the answer waits for both, as long as the lane allows. Only with `BeginRunGo.joinsCommits`. */
  readonly commit?: ProgressBatch;
}

/** Messages of a call by reference: a list in the API's form, stored under the hash of its text. */
export interface PlacedList extends ListRef {
  /** They stand before this one of the request's own messages. */
  readonly at: number;
}

/** A model call of a node. */
export interface ModelRequest {
  readonly ref: CallRef;
  /** May hold blob references; the activity puts the texts back. */
  readonly messages: readonly MessageDto[];
  /** What stands among `messages`, in order. Absent: nothing. */
  readonly lists?: readonly PlacedList[];
  /** SHA-256 of all that the model is asked: by it the ledger knows the call again. Absent: the ledger makes one of the messages' texts. */
  readonly asked?: string;
  /** The tools offered to the model: names match one of the globs (`*` is the only wildcard). Absent: no tools. */
  readonly tools?: { readonly include: readonly string[]; readonly choice?: 'auto' | 'required' | 'none' };
  readonly params?: { readonly temperature?: number; readonly maxTokens?: number; readonly model?: string };
  /** Publish tokens while the model speaks. */
  readonly stream: boolean;
  /** What the call is for, for people who read traces and histories. */
  readonly purpose?: string;
  readonly policy?: ModelPolicy;
}

/** A model that was to answer before the one that did. */
export interface PassedOver {
  readonly model: string;
  /** Code of its failure; MODEL_CIRCUIT_OPEN when it was not asked. */
  readonly code: string;
}

/** A model's answer. */
export interface ModelReply {
  readonly message: AiMessageDto;
  readonly usage?: UsageDto;
  /** The model that answered, as the gateway names it. */
  readonly model: string;
  /** When its first token came, ISO 8601; only of an answer that was streamed and has text. */
  readonly firstTokenAt?: string;
  /** An attempt before was under way when its process died. */
  readonly repeated?: true;
  /** In order; absent when the first choice answered. */
  readonly passedOver?: readonly PassedOver[];
}

/** A tool call of a node. */
export interface ToolRequest {
  readonly ref: CallRef;
  /** Id that the model gave the call, or one of the graph's own. */
  readonly toolCallId: string;
  /** Model-facing name `<server>__<tool>`. */
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly policy?: CallPolicy;
  /** Nothing is called: the answer is what is known of the call. NOT_FOUND when that is nothing, or when a repeat would do no harm. */
  readonly settleOnly?: true;
}

/** A tool's answer; a refusal and an error of the tool are answers too. */
export interface ToolReply {
  readonly message: ToolMessageDto;
  readonly outcome: ToolOutcome;
}
