import { MULTITASK_STRATEGIES, RUN_STATUSES, runErrorSchema, THREAD_STATUSES } from '@holdfast/contracts/runs';
import { z } from 'zod';

/** A JSON object column. */
export const jsonObject = z.record(z.string(), z.unknown());
/** A timestamptz: the driver gives a Date, `to_jsonb` an ISO text. Milliseconds are kept. */
export const timestamp = z.coerce.date();
/** A bigint counter, which the driver gives as text. Sequences stay below 2^53. */
export const counter = z.coerce.number().int();

/** An interrupt as the runtime stored it; open, because LangGraph adds fields, and without a value when the graph gave none. */
const interruptColumn = z.looseObject({ id: z.string().optional(), value: z.unknown().optional() });

/** A row of executions.assistants. */
export const assistantRow = z.object({
  tenant_id: z.string(),
  assistant_id: z.string(),
  graph_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  config: jsonObject,
  context: jsonObject,
  metadata: jsonObject,
  version: z.number().int(),
  created_at: timestamp,
  updated_at: timestamp,
});
/** See {@link assistantRow}. */
export type AssistantRow = z.infer<typeof assistantRow>;

/** A row of executions.assistant_versions. */
export const assistantVersionRow = assistantRow.omit({ updated_at: true });
/** See {@link assistantVersionRow}. */
export type AssistantVersionRow = z.infer<typeof assistantVersionRow>;

/** A row of executions.threads. `values` are as of the last finished run or edit; null before the first. */
export const threadRow = z.object({
  tenant_id: z.string(),
  thread_id: z.string(),
  status: z.enum(THREAD_STATUSES),
  metadata: jsonObject,
  config: jsonObject,
  values: jsonObject.nullable(),
  /** By task id. */
  interrupts: z.record(z.string(), z.array(interruptColumn)),
  error: runErrorSchema.nullable(),
  latest_checkpoint_id: z.string().nullable(),
  created_at: timestamp,
  updated_at: timestamp,
  state_updated_at: timestamp,
});
/** See {@link threadRow}. */
export type ThreadRow = z.infer<typeof threadRow>;

/** A row of executions.runs. */
export const runRow = z.object({
  tenant_id: z.string(),
  run_id: z.string(),
  thread_id: z.string(),
  assistant_id: z.string(),
  graph_id: z.string(),
  status: z.enum(RUN_STATUSES),
  /** As LangGraph names them: input, command, config, context, interrupt_before, checkpoint_id, … */
  kwargs: jsonObject,
  metadata: jsonObject,
  multitask_strategy: z.enum(MULTITASK_STRATEGIES),
  position: counter,
  last_seq: z.number().int(),
  last_commit: z.number().int(),
  workflow_id: z.string().nullable(),
  workflow_run_id: z.string().nullable(),
  attempt: z.number().int(),
  /** From when on it may run. */
  deliver_at: timestamp,
  leased_until: timestamp.nullable(),
  delivered_at: timestamp.nullable(),
  delete_thread: z.boolean(),
  has_state: z.boolean(),
  error: runErrorSchema.nullable(),
  traceparent: z.string().nullable(),
  request_hash: z.string().nullable(),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  ended_at: timestamp.nullable(),
  updated_at: timestamp,
});
/** See {@link runRow}. */
export type RunRow = z.infer<typeof runRow>;

/** A task of a checkpoint as the thread state shows it. */
export interface TaskSnapshotRow {
  readonly id: string;
  readonly name: string;
  readonly error?: unknown;
  readonly interrupts: z.infer<typeof interruptColumn>[];
  readonly result?: unknown;
  /** Of a task that is a sub-graph: its address. */
  readonly state?: { readonly configurable: { readonly checkpoint_ns: string } } | null | undefined;
  /** Where that sub-graph stood when a run stopped here; see {@link subGraphRow}. */
  readonly subgraph?: SubGraphRow | undefined;
  readonly [field: string]: unknown;
}

/** See {@link TaskSnapshotRow}. */
export const taskSnapshot: z.ZodType<TaskSnapshotRow> = z.looseObject({
  id: z.string(),
  name: z.string(),
  error: z.unknown().optional(),
  interrupts: z.array(interruptColumn).default([]),
  result: z.unknown().optional(),
  state: z.looseObject({ configurable: z.looseObject({ checkpoint_ns: z.string() }) }).nullish(),
  get subgraph() {
    return subGraphRow.optional();
  },
});

/** Where a sub-graph stood: a task of a stored checkpoint, or a frame of the journal, tells. */
export interface SubGraphRow {
  readonly values: unknown;
  readonly next: readonly string[];
  readonly tasks: readonly TaskSnapshotRow[];
  readonly metadata: { readonly step: number; readonly [key: string]: unknown };
  readonly createdAt?: Date | undefined;
}

/** See {@link SubGraphRow}. */
export const subGraphRow: z.ZodType<SubGraphRow> = z.object({
  values: z.unknown(),
  next: z.array(z.string()),
  get tasks() {
    return z.array(taskSnapshot);
  },
  metadata: z.looseObject({ step: z.number().int() }),
  createdAt: timestamp.optional(),
});

/** A row of executions.checkpoints without `saved`, the saver's dump, and `command_id`, which only the runtime reads. */
export const checkpointRow = z.object({
  tenant_id: z.string(),
  thread_id: z.string(),
  checkpoint_id: z.string(),
  parent_checkpoint_id: z.string().nullable(),
  run_id: z.string().nullable(),
  step: z.number().int(),
  source: z.enum(['input', 'loop', 'update', 'fork']),
  values: jsonObject,
  next: z.array(z.string()),
  tasks: z.array(taskSnapshot),
  metadata: jsonObject,
  position: counter,
  created_at: timestamp,
});
/** See {@link checkpointRow}. */
export type CheckpointRow = z.infer<typeof checkpointRow>;

/** A row of executions.graphs. */
export const graphRow = z.object({
  graph_id: z.string(),
  build_id: z.string(),
  description: z.string(),
  structure: jsonObject,
  schemas: jsonObject,
  /** Node from which on it takes back what a cancelled run did. */
  compensate: z.string().nullable(),
  registered_at: timestamp,
});
/** See {@link graphRow}. */
export type GraphRow = z.infer<typeof graphRow>;
