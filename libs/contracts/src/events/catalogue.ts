import { z } from 'zod';
import { APPROVAL_STATUSES } from '../approvals/states';
import { interruptSchema, runErrorSchema } from '../runs';
import { EFFECT_CLASSES, TOOL_STATUSES } from '../tools';

/** What LangGraph emitted, in order; the raw material of every stream mode. */
export const frameSchema = z.object({
  /** Namespace of the emitting sub-graph; empty for the root. */
  ns: z.array(z.string()),
  mode: z.enum(['updates', 'tasks', 'custom', 'values', 'checkpoints']),
  data: z.unknown(),
  /** The superstep under way, counted by the graph that the frame's workflow drives. With `nth` and the rest the frame's name: a run tells it once. */
  step: z.number().int().optional(),
  /** Which one among the equal frames of the superstep, from 0. Default 0. */
  nth: z.number().int().positive().optional(),
});
/** See {@link frameSchema}. */
export type Frame = z.infer<typeof frameSchema>;

/** An approval in its events: which one, and of what. */
const approvalRef = z.object({ approval_id: z.string(), run_id: z.string(), action: z.string() });

/**
 * Every event type with the schema of its data. Types are past tense and versioned: a breaking change is a new type, published
 * beside the old one for a release.
 */
export const EVENT_CATALOGUE = {
  'run.created.v1': z.object({
    assistant_id: z.string(),
    graph_id: z.string(),
    multitask_strategy: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    /** When the run was to begin; absent: at once. */
    due_at: z.string().optional(),
  }),
  'run.started.v1': z.object({
    attempt: z.number().int().positive(),
    build_id: z.string(),
    workflow_id: z.string(),
    workflow_run_id: z.string(),
  }),
  'run.step-completed.v1': z.object({
    step: z.number().int(),
    checkpoint_id: z.string().nullable(),
    parent_checkpoint_id: z.string().nullable(),
    frames: z.array(frameSchema),
    /** When the first token of the run came from the model, by the worker's clock; once per workflow execution. */
    first_token_at: z.string().optional(),
    /** Something was lost before or in this step and made up for: the workflow execution that drove the run, or the process of a model call. */
    recovered: z.literal(true).optional(),
  }),
  /** It stands still between two supersteps. */
  'run.paused.v1': z.object({ command_id: z.string(), by: z.string(), reason: z.string().nullable() }),
  'run.resumed.v1': z.object({ command_id: z.string(), by: z.string() }),
  /** It was cancelled, and takes back what it did from this node of its graph on. */
  'run.compensation-started.v1': z.object({ reason: z.string(), node: z.string() }),
  'run.interrupted.v1': z.object({ interrupts: z.record(z.string(), z.array(interruptSchema)) }),
  'run.completed.v1': z.object({ steps: z.number().int() }),
  'run.failed.v1': z.object({ error: runErrorSchema }),
  'run.cancelled.v1': z.object({
    reason: z.string(),
    /** What it did was taken back before. */
    compensated: z.literal(true).optional(),
  }),
  'tool.called.v1': z.object({
    /** Unique in the run's ledger; stable over retries. */
    call_id: z.string(),
    /** Id that the model gave the call, or the graph; gateways may repeat it. */
    tool_call_id: z.string(),
    node: z.string(),
    server: z.string(),
    tool: z.string(),
    effect: z.enum(EFFECT_CLASSES),
    status: z.enum(TOOL_STATUSES),
    code: z.string().optional(),
    duration_ms: z.number(),
    bytes: z.number().int(),
    arguments_sha256: z.string(),
    /** Present when the tool may have been called more than once. */
    repeated: z.literal(true).optional(),
  }),
  /** A model call was answered by one of its fallbacks. */
  'model.replaced.v1': z.object({
    /** Unique in the run's ledger; stable over retries. */
    call_id: z.string(),
    node: z.string(),
    asked: z.string(),
    answered: z.string(),
    /** Those that came before it, in order, with why they did not answer. */
    passed_over: z.array(z.object({ model: z.string(), code: z.string() })),
  }),
  /**
   * A call whose outcome nobody knew (`TOOL_OUTCOME_UNKNOWN`) has ended after all: the router that made it had been taken for dead. People may have decided
   * by then, and had it made again. The run may be over: these rows stand under an id of their own, numbered by themselves.
   */
  'tool.outcome-revealed.v1': z.object({
    /** The run in whose ledger the call stands. */
    run_id: z.string(),
    call_id: z.string(),
    server: z.string(),
    tool: z.string(),
    effect: z.enum(EFFECT_CLASSES),
    /** How it really ended. */
    status: z.enum(['ok', 'error']),
    code: z.string().optional(),
    duration_ms: z.number(),
    arguments_sha256: z.string(),
    /** Which attempt: the router's id and the number of its claim. */
    attempt: z.string(),
  }),
  // Approvals outlive the run that asked: their events are rows under the approval's own id.
  'approval.requested.v1': approvalRef.extend({
    summary: z.string().nullable(),
    shown_hash: z.string(),
    policy_version: z.string(),
    roles: z.array(z.string()),
    quorum: z.number().int(),
    requested_by: z.string().nullable(),
    deadline_at: z.string().nullable(),
  }),
  'approval.reminded.v1': approvalRef.extend({ reminders: z.number().int(), deadline_at: z.string().nullable() }),
  'approval.escalated.v1': approvalRef.extend({ roles: z.array(z.string()), policy_version: z.string(), deadline_at: z.string().nullable() }),
  'approval.decided.v1': approvalRef.extend({
    status: z.enum(APPROVAL_STATUSES),
    by: z.enum(['decision', 'deadline']),
    decided_by: z.array(z.string()),
    shown_hash: z.string(),
    resume_run_id: z.string(),
  }),
  'approval.superseded.v1': approvalRef.extend({ reason: z.string() }),
} as const;

/** Name of an event type. */
export type EventType = keyof typeof EVENT_CATALOGUE;

/** Data of an event type. */
export type EventData<T extends EventType> = z.infer<(typeof EVENT_CATALOGUE)[T]>;

type RunEventType = Exclude<EventType, `approval.${string}` | 'tool.outcome-revealed.v1'>;

/** An event of a run before the journal gave it its place. */
export type RunEventDraft = { [T in RunEventType]: { readonly type: T; readonly data: EventData<T> } }[RunEventType];

/** The types that end a run: always its last row. */
export const TERMINAL_EVENTS: ReadonlySet<string> = new Set<EventType>([
  'run.interrupted.v1',
  'run.completed.v1',
  'run.failed.v1',
  'run.cancelled.v1',
]);
