import type { EffectClass, ToolOutcome, ToolStatus } from '@holdfast/contracts/tools';

/** A tool as a model is told of it. */
export interface ToolDescriptor {
  /** Model-facing name, at most 64 characters; never parse it. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly effect: EffectClass;
  readonly server: string;
}

/** What the caller may use now. */
export interface ToolList {
  readonly tools: readonly ToolDescriptor[];
  /** Changes whenever the visible set or a definition changes. */
  readonly catalogueVersion: string;
  /** Servers whose tools are missing because they could not be asked yet. */
  readonly unavailableServers: readonly string[];
}

/** One call, as the worker asks for it. */
export interface ToolCall {
  readonly runId: string;
  readonly threadId: string;
  /** The run in whose ledger the call stands, when it is not `runId`: a run that resumes another goes on in the ledger of that one. */
  readonly originRunId?: string;
  /** Unique in the ledger of the origin run and stable over retries of the same call; at most 200 characters. */
  readonly callId: string;
  /** Model-facing name, as the model wrote it. */
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Call nothing, tell what is known of the call: NOT_FOUND when that is nothing, or when a repeat would do no harm. Default false. */
  readonly settleOnly?: boolean;
}

/** Answer to a {@link ToolCall}; errors of the tool and refusals are answers too. */
export interface ToolCallResult {
  readonly outcome: ToolOutcome;
  /** The result as a model reads it. */
  readonly text: string;
  /** MCP content blocks; only when asked for. */
  readonly content?: readonly unknown[];
  /** MCP structuredContent; only when asked for, and when the tool gave some. */
  readonly structured?: unknown;
  /** True when it came from the result cache. */
  readonly cached: boolean;
  /** True when it is the stored outcome of an earlier attempt: nothing was called. */
  readonly replayed: boolean;
}

// MAINTENANCE: names of tools.proto; the domain's names stand in libs/contracts/tools.
/** Effect class by its name on the wire. */
export const EFFECT_OF_WIRE = {
  EFFECT_READ: 'read',
  EFFECT_IDEMPOTENT: 'idempotent',
  EFFECT_COMPENSATABLE: 'compensatable',
  EFFECT_IRREVERSIBLE: 'irreversible',
} as const satisfies Record<string, EffectClass>;

/** Status by its name on the wire. */
export const STATUS_OF_WIRE = {
  CALL_STATUS_OK: 'ok',
  CALL_STATUS_ERROR: 'error',
  CALL_STATUS_REFUSED: 'refused',
} as const satisfies Record<string, ToolStatus>;

/** Names of effects on the wire. */
export type WireEffect = keyof typeof EFFECT_OF_WIRE;
/** Names of statuses on the wire. */
export type WireStatus = keyof typeof STATUS_OF_WIRE;

/** Wire name of an effect class. */
export const WIRE_OF_EFFECT = inverse(EFFECT_OF_WIRE) satisfies Record<EffectClass, WireEffect>;

/** Wire name of a status. */
export const WIRE_OF_STATUS = inverse(STATUS_OF_WIRE) satisfies Record<ToolStatus, WireStatus>;

function inverse<T extends Readonly<Record<string, string>>>(table: T): { readonly [K in keyof T as T[K]]: K } {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [value, key])) as { readonly [K in keyof T as T[K]]: K };
}
