import type { EffectClass, ToolOutcome } from '@holdfast/contracts/tools';
import type { ContentBlock } from '@holdfast/mcp-adapters';
import type { CataloguedTool } from '../catalogue/tool-registry';

/** One call, parsed. */
export interface ToolCallInput {
  readonly runId: string;
  /** The run in whose ledger the call stands. */
  readonly originRunId: string;
  readonly threadId: string;
  /** Unique in the ledger of the origin run, stable over retries of the same call. */
  readonly callId: string;
  /** Model-facing; whatever the model wrote, cut to a bounded length. */
  readonly name: string;
  /** Any JSON: what is no object is refused like other wrong arguments. */
  readonly args: unknown;
  /** Nothing is called: the answer is what the ledger knows. */
  readonly settleOnly: boolean;
  /** Why the arguments were not read; `args` is then their text. */
  readonly problem?: string;
}

/** How long and how a call may go on. */
export interface CallScope {
  /** Fires when the caller is gone or its deadline has passed. */
  readonly signal: AbortSignal;
  /** Monotonic time (`performance.now()`) at which the caller stops waiting. */
  readonly deadline: number;
}

/** Everything a caller gets. */
export interface ToolAnswer {
  readonly outcome: ToolOutcome;
  readonly content: readonly ContentBlock[];
  readonly structured?: unknown;
  readonly text: string;
  readonly cached: boolean;
  /** The stored outcome of an earlier attempt: nothing was called. */
  readonly replayed: boolean;
}

/** Time kept back so that the answer reaches the caller before its deadline, milliseconds. */
export const ANSWER_RESERVE_MS = 50;

const REPEATABLE: ReadonlySet<EffectClass> = new Set<EffectClass>(['read', 'idempotent']);

/**
 * Whether a call of this effect may be made again when nobody knows how the first one ended.
 * MAINTENANCE: tools.claim_calls decides the same for calls of routers that are gone.
 */
export function mayBeRepeated(effect: EffectClass): boolean {
  return REPEATABLE.has(effect);
}

/** Code of an outcome of which nobody knows whether it happened; never repeated silently. */
export const OUTCOME_UNKNOWN = 'TOOL_OUTCOME_UNKNOWN';

/** What an answer is about. */
export interface Subject {
  readonly tool: Pick<CataloguedTool, 'server' | 'tool'> & { readonly settings: Pick<CataloguedTool['settings'], 'effect'> };
  readonly argumentsSha256: string;
  /** `performance.now()` at the beginning. */
  readonly startedAt: number;
}

/** An answer without content of a tool: the text is all there is. */
export function textAnswer(subject: Subject, status: 'error' | 'refused', code: string, text: string): ToolAnswer {
  return answer(subject, { status, code, text, content: [{ type: 'text', text }], bytes: 0, truncated: false, cached: false });
}

/** Puts an answer together. */
export function answer(
  { tool, argumentsSha256, startedAt }: Subject,
  parts: Omit<ToolAnswer, 'outcome' | 'replayed'> & Pick<ToolOutcome, 'status' | 'bytes' | 'truncated'> & { readonly code?: string },
): ToolAnswer {
  const { status, code, bytes, truncated, ...rest } = parts;
  return {
    ...rest,
    replayed: false,
    outcome: {
      status,
      ...(code === undefined ? {} : { code }),
      server: tool.server,
      tool: tool.tool,
      effect: tool.settings.effect,
      duration_ms: Math.round((performance.now() - startedAt) * 1_000) / 1_000,
      bytes,
      truncated,
      arguments_sha256: argumentsSha256,
    },
  };
}
