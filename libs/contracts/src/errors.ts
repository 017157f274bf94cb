/**
 * Who has to act on an error:
 * `user` the caller, `policy` a rule of the operator, `budget` a spent limit, `model` and `tool` the other side of a call,
 * `infrastructure` a server of ours, `defect` a bug.
 */
export const ErrorKind = {
  user: 'user',
  policy: 'policy',
  budget: 'budget',
  model: 'model',
  tool: 'tool',
  infrastructure: 'infrastructure',
  defect: 'defect',
} as const;

/** See {@link ErrorKind}. */
export type ErrorKind = (typeof ErrorKind)[keyof typeof ErrorKind];

interface CodeEntry {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  /** HTTP status at the gateway's border. */
  readonly status: number;
}

/** Every error code of Holdfast with its kind, whether the same attempt may succeed later, and its HTTP status. */
export const ERROR_CODES = {
  BAD_REQUEST: { kind: 'user', retryable: false, status: 400 },
  MALFORMED_JSON: { kind: 'user', retryable: false, status: 400 },
  BODY_TOO_COMPLEX: { kind: 'user', retryable: false, status: 400 },
  BODY_TOO_LARGE: { kind: 'user', retryable: false, status: 413 },
  UNSUPPORTED_MEDIA_TYPE: { kind: 'user', retryable: false, status: 415 },
  INVALID_ARGUMENT: { kind: 'user', retryable: false, status: 422 },
  NOT_SUPPORTED: { kind: 'user', retryable: false, status: 422 },
  UNAUTHENTICATED: { kind: 'user', retryable: false, status: 401 },
  PERMISSION_DENIED: { kind: 'policy', retryable: false, status: 403 },
  NOT_FOUND: { kind: 'user', retryable: false, status: 404 },
  METHOD_NOT_ALLOWED: { kind: 'user', retryable: false, status: 405 },
  CONFLICT: { kind: 'user', retryable: false, status: 409 },
  THREAD_BUSY: { kind: 'user', retryable: false, status: 409 },
  /** The thread waits for an approval: only a decision goes on with it. */
  APPROVAL_REQUIRED: { kind: 'policy', retryable: false, status: 409 },
  APPROVAL_CLOSED: { kind: 'user', retryable: false, status: 409 },
  /** The deadline has passed: of a late decision, and of a run that is to fail then. */
  APPROVAL_EXPIRED: { kind: 'policy', retryable: false, status: 409 },
  /** Arguments or policy are not those that the decision was made on. */
  APPROVAL_CHANGED: { kind: 'user', retryable: false, status: 409 },
  APPROVAL_REPEATED: { kind: 'user', retryable: false, status: 409 },
  APPROVAL_NOT_PERMITTED: { kind: 'policy', retryable: false, status: 403 },
  APPROVAL_FOUR_EYES: { kind: 'policy', retryable: false, status: 403 },
  IDEMPOTENCY_MISMATCH: { kind: 'user', retryable: false, status: 422 },
  RATE_LIMITED: { kind: 'budget', retryable: true, status: 429 },
  DEPENDENCY_UNAVAILABLE: { kind: 'infrastructure', retryable: true, status: 503 },
  DEADLINE_EXCEEDED: { kind: 'infrastructure', retryable: true, status: 504 },
  /** A ledger knows the call's id with another name or other arguments: two different calls were given one id. */
  CALL_CONFLICT: { kind: 'defect', retryable: false, status: 500 },
  INTERNAL: { kind: 'defect', retryable: false, status: 500 },
  GRAPH_FAILED: { kind: 'user', retryable: false, status: 500 },
  GRAPH_RECURSION_LIMIT: { kind: 'user', retryable: false, status: 500 },
  /** A run cannot begin with more state than fits into one message to a workflow, and must not come to more. */
  STATE_TOO_LARGE: { kind: 'user', retryable: false, status: 422 },
  /** A sub-agent went beyond the steps, calls, tokens or seconds that its caller gave it. */
  BUDGET_EXCEEDED: { kind: 'budget', retryable: false, status: 422 },
  /** A node of the graph looped for ever, or waits for something that nothing will bring. */
  GRAPH_STUCK: { kind: 'user', retryable: false, status: 500 },
  /** A node returned or sent a value that cannot be stored: a cycle, a bigint, a function. */
  RESULT_INVALID: { kind: 'user', retryable: false, status: 500 },
  RESULT_TOO_LARGE: { kind: 'user', retryable: false, status: 500 },
  /** A node asked a model or tool with more than fits into one message. */
  CALL_TOO_LARGE: { kind: 'user', retryable: false, status: 500 },
  /** The thread's state was made by a version of its graph from which no migration leads to this one. */
  STATE_NOT_MIGRATED: { kind: 'user', retryable: false, status: 409 },
  GRAPH_UNKNOWN: { kind: 'user', retryable: false, status: 404 },
  /** An attempt of a call that another one has overtaken; its outcome does not count. */
  CALL_FENCED: { kind: 'infrastructure', retryable: true, status: 503 },
  /** A cancelled run could not take back all that it did: a person must look at it, and may let it try again. */
  COMPENSATION_FAILED: { kind: 'user', retryable: false, status: 500 },
  RUN_CANCELLED: { kind: 'user', retryable: false, status: 409 },
  MODEL_RATE_LIMITED: { kind: 'model', retryable: true, status: 503 },
  MODEL_UNAVAILABLE: { kind: 'model', retryable: true, status: 503 },
  MODEL_TIMEOUT: { kind: 'model', retryable: true, status: 504 },
  MODEL_REJECTED: { kind: 'model', retryable: false, status: 502 },
  MODEL_AUTH: { kind: 'model', retryable: false, status: 502 },
  MODEL_CONTEXT_LENGTH: { kind: 'model', retryable: false, status: 502 },
  /** The model failed again and again, or asked not to be called for a while: it is left alone. */
  MODEL_CIRCUIT_OPEN: { kind: 'model', retryable: true, status: 503 },
  MODEL_MALFORMED_REPLY: { kind: 'model', retryable: true, status: 502 },
  TOOL_UNKNOWN: { kind: 'tool', retryable: false, status: 404 },
  TOOL_NOT_PERMITTED: { kind: 'policy', retryable: false, status: 403 },
  TOOL_INVALID_ARGUMENTS: { kind: 'tool', retryable: false, status: 422 },
  TOOL_FAILED: { kind: 'tool', retryable: false, status: 502 },
  TOOL_TIMEOUT: { kind: 'tool', retryable: true, status: 504 },
  TOOL_UNAVAILABLE: { kind: 'tool', retryable: true, status: 503 },
  /** A call whose effect may have happened and must not be repeated: a person decides. */
  TOOL_OUTCOME_UNKNOWN: { kind: 'tool', retryable: false, status: 502 },
  TOOL_CIRCUIT_OPEN: { kind: 'tool', retryable: true, status: 503 },
  TOOL_BUSY: { kind: 'budget', retryable: true, status: 429 },
  /** The same call is under way in another router: its outcome is to be asked for again. */
  TOOL_CALL_IN_FLIGHT: { kind: 'infrastructure', retryable: true, status: 503 },
  TOOL_ROUTER_UNAVAILABLE: { kind: 'infrastructure', retryable: true, status: 503 },
} as const satisfies Record<string, CodeEntry>;

/** Stable, public error code; part of problem documents, run errors and Temporal failure types. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** One field that was refused: path in dotted form (`config.recursion_limit`) and what a person should change. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** Options of {@link HoldfastError}. */
export interface HoldfastErrorOptions {
  readonly cause?: unknown;
  /** Safe to show to the caller: never secrets, never another tenant's data. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly fields?: readonly FieldProblem[];
  /** Earliest useful retry, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/** The base of every error that Holdfast throws on purpose. Compare by `code`: `instanceof` breaks across realms and bundles. */
export class HoldfastError extends Error {
  override readonly name: string = 'HoldfastError';
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: HoldfastErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = ERROR_CODES[code].kind;
    this.retryable = ERROR_CODES[code].retryable;
    this.details = options.details ?? {};
    this.fields = options.fields ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** True for a {@link HoldfastError} of any realm or bundle. */
export function isHoldfastError(error: unknown): error is HoldfastError {
  return error instanceof Error && isErrorCode((error as Partial<HoldfastError>).code);
}

/** True when the text is one of our codes. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}
