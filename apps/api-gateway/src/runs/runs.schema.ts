import { uuidSchema } from '@holdfast/contracts';
import { MULTITASK_STRATEGIES, RUN_STATUSES } from '@holdfast/contracts/runs';
import { z } from 'zod';
import { assistantRef, configSchema, jsonObject, queryFlag, queryInt, queryList, timestamp } from '../http/wire.schema';
import { checkpointRefSchema } from '../threads/threads.schema';

/** One turn on a thread. */
export const runSchema = z
  .object({
    run_id: z.string(),
    thread_id: z.string(),
    assistant_id: z.string(),
    created_at: timestamp,
    updated_at: timestamp,
    status: z.enum(RUN_STATUSES),
    metadata: jsonObject,
    kwargs: jsonObject,
    multitask_strategy: z.enum(MULTITASK_STRATEGIES),
    workflow_id: z.string().nullable().optional().describe('Temporal workflow that executes the run; Holdfast only'),
  })
  .meta({ id: 'Run' });
/** See {@link runSchema}. */
export type Run = z.infer<typeof runSchema>;

/** Fields a run list may be narrowed to. */
export const RUN_FIELDS = [
  'run_id',
  'thread_id',
  'assistant_id',
  'created_at',
  'updated_at',
  'status',
  'metadata',
  'kwargs',
  'multitask_strategy',
  'cancel_reason',
] as const;

/** Stream modes of the protocol. */
export const STREAM_MODES = ['values', 'updates', 'messages', 'messages-tuple', 'tasks', 'checkpoints', 'debug', 'custom', 'events', 'tools', 'lifecycle'] as const;
/** See {@link STREAM_MODES}. */
export type StreamMode = (typeof STREAM_MODES)[number];

const streamModeField = z.enum(STREAM_MODES);
const sendSchema = z.strictObject({ node: z.string().min(1).max(200), input: z.unknown().optional() });
const gotoTarget = z.union([z.string().min(1).max(200), sendSchema]);
const nodeNames = z.union([z.literal('*'), z.array(z.string().max(200)).max(1000)]);

/** Resumes or redirects an interrupted thread. */
export const commandSchema = z
  .strictObject({
    resume: z.unknown().optional(),
    update: z.union([jsonObject, z.array(z.tuple([z.string(), z.unknown()]))]).nullish(),
    goto: z.union([gotoTarget, z.array(gotoTarget).max(1000)]).nullish(),
  })
  .meta({ id: 'Command' });

/** Body of every run-creating endpoint. */
export const runCreateSchema = z
  .strictObject({
    assistant_id: assistantRef,
    run_id: uuidSchema.nullish().describe('Chosen by the client, so that a retried request cannot make a second run; Holdfast only'),
    input: z.unknown().optional(),
    command: commandSchema.nullish(),
    checkpoint: checkpointRefSchema.nullish(),
    checkpoint_id: z.guid().nullish(),
    metadata: jsonObject.nullish(),
    config: configSchema.nullish(),
    context: z.unknown().optional(),
    interrupt_before: nodeNames.nullish(),
    interrupt_after: nodeNames.nullish(),
    on_disconnect: z.enum(['cancel', 'continue']).nullish(),
    multitask_strategy: z.enum(MULTITASK_STRATEGIES).nullish().describe('Default: enqueue'),
    stream_mode: z.union([streamModeField, z.array(streamModeField).max(20)]).nullish(),
    stream_subgraphs: z.boolean().nullish(),
    stream_resumable: z.boolean().nullish().describe('Every stream is resumable; accepted for compatibility'),
    if_not_exists: z.enum(['create', 'reject']).nullish(),
    after_seconds: z.number().min(0).max(31_536_000).nullish(),
    on_completion: z.enum(['delete', 'keep', 'complete', 'continue']).nullish().describe('Stateless runs: what happens to the thread. The values of the JavaScript SDK, `complete` and `continue`, change nothing'),
    durability: z
      .enum(['sync', 'async', 'exit'])
      .nullish()
      .describe('Every superstep is committed whatever is asked, also with `exit`. `sync` also gives every call of a model or a tool an activity of its own'),
    checkpoint_during: z.boolean().nullish().describe('Deprecated: use durability; changes nothing, as every superstep is committed'),
    webhook: z.string().max(65_536).nullish().describe('Not supported yet: 422'),
    feedback_keys: z.array(z.string()).nullish().describe('Not supported yet: 422'),
    langsmith_tracer: jsonObject.nullish().describe('Not supported yet: 422'),
    strict_resume: z.boolean().nullish().describe('Not supported yet: 422'),
  })
  .meta({ id: 'RunCreate' });
/** See {@link runCreateSchema}. */
export type RunCreate = z.infer<typeof runCreateSchema>;

/**
 * The JavaScript SDK sends its own camelCase names beside `assistant_id` in a batch (sdk 1.15 `createBatch`); this gives them the
 * names of the protocol before the schema sees them.
 */
export function batchFromSdk(body: unknown): unknown {
  return Array.isArray(body) ? body.map(fromCamelCase) : body;
}

function fromCamelCase(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]));
}

/** Body of `POST /runs/batch`. */
export const runBatchSchema = z.array(runCreateSchema).min(1).max(100).meta({ id: 'RunBatch' });

/** Query of the run list. */
export const runListQuery = z.object({
  limit: queryInt(1, 1000, 10),
  offset: queryInt(0, 10_000_000, 0),
  status: z.enum(RUN_STATUSES).optional(),
  select: queryList(z.enum(RUN_FIELDS)),
});
/** See {@link runListQuery}. */
export type RunListQuery = z.infer<typeof runListQuery>;

const cancelAction = z
  .enum(['interrupt', 'rollback', 'compensate'])
  .default('interrupt')
  .describe('`compensate`: the graph takes back what the run did before it ends; 409 when it cannot');

/** Query of a cancel. */
export const cancelQuery = z.object({
  wait: queryFlag,
  action: cancelAction,
  reason: z.string().max(500).optional(),
});

/** Body of `POST /runs/cancel`. */
export const bulkCancelSchema = z
  .strictObject({
    thread_id: uuidSchema.nullish(),
    run_ids: z.array(uuidSchema).min(1).max(1000).nullish(),
    status: z.enum(['pending', 'running', 'all']).nullish(),
  })
  .refine((body) => (body.status == null) !== (body.thread_id == null || body.run_ids == null), {
    message: 'either status, or thread_id and run_ids',
  })
  .meta({ id: 'RunsCancel' });
/** See {@link bulkCancelSchema}. */
export type BulkCancel = z.infer<typeof bulkCancelSchema>;

/** Query of `POST /runs/cancel`. */
export const bulkCancelQuery = z.object({ action: cancelAction });

/** Query of a join. */
export const joinQuery = z.object({ cancel_on_disconnect: queryFlag });

/** Body of an inject: `messages` is short for `values.messages`. */
export const injectInputSchema = z
  .strictObject({ values: jsonObject.nullish(), messages: z.array(jsonObject).min(1).max(100).nullish() })
  .refine(({ values, messages }) => (values == null) !== (messages == null), { message: 'give values or messages' })
  .meta({ id: 'InjectInput' });

/** What an inject answers with. */
export const injectedInputSchema = z
  .object({
    run_id: z.string(),
    thread_id: z.string(),
    status: z.enum(['applied', 'waiting']).describe('`waiting`: the run has taken it, and is in a long superstep or stands still; repeat with the same Idempotency-Key to learn more'),
    checkpoint_id: z.string().nullable().describe('State that holds it'),
  })
  .meta({ id: 'InjectedInput' });
/** See {@link injectedInputSchema}. */
export type InjectedInput = z.infer<typeof injectedInputSchema>;

const namespaceFilter = queryList(z.string().max(500)).describe(
  'Only what these graphs of the run tell of themselves: namespaces as event names carry them, `""` is the root graph. `lifecycle` comes from all',
);

/** Query of a join stream. */
export const joinStreamQuery = z.object({
  namespace: namespaceFilter,
  checkpoint_id: z.string().max(200).optional().describe('Not supported yet: 422'),
  cancel_on_disconnect: queryFlag,
  stream_mode: queryList(streamModeField),
  stream_subgraphs: queryFlag.optional(),
});

/** Query of a run-creating stream. */
export const streamQuery = z.object({ namespace: namespaceFilter });

/** What `wait` and `join` answer with: the last values; `__error__` when the run failed, `__interrupt__` when it stopped. Never null: the SDK looks for `__error__` in it. */
export const runResultSchema = z.union([jsonObject, z.array(z.unknown())]).meta({ id: 'RunResult' });

/** A Server-Sent Events stream. */
export const eventStreamSchema = z.string().meta({ id: 'EventStream', description: 'Server-Sent Events (WHATWG HTML §9.2)' });
