import { uuidSchema } from '@holdfast/contracts';
import { THREAD_STATUSES } from '@holdfast/contracts/runs';
import { z } from 'zod';
import { configSchema, jsonObject, limitField, offsetField, queryFlag, queryInt, queryList, sortOrder, threadParams, timestamp } from '../http/wire.schema';

/** A question of a graph to a person; older and newer graphs add keys. */
const interruptSchema = z.looseObject({ id: z.string().optional(), value: z.unknown().optional() }).meta({ id: 'Interrupt' });

/** A conversation with state. */
export const threadSchema = z
  .object({
    thread_id: z.string(),
    created_at: timestamp,
    updated_at: timestamp,
    state_updated_at: timestamp,
    metadata: jsonObject,
    status: z.enum(THREAD_STATUSES),
    config: configSchema,
    values: jsonObject.nullable(),
    interrupts: z.record(z.string(), z.array(interruptSchema)),
    error: z.unknown().optional(),
    ttl: z
      .object({ strategy: z.literal('delete'), ttl_minutes: z.number(), expires_at: timestamp })
      .nullable()
      .optional()
      .describe('With `include=ttl`; null: it stays'),
    extracted: jsonObject.optional(),
  })
  .meta({ id: 'Thread' });
/** See {@link threadSchema}. */
export type Thread = z.infer<typeof threadSchema>;

/** Reference to a state of a thread. */
export const checkpointSchema = z
  .object({
    thread_id: z.string(),
    checkpoint_ns: z.string(),
    checkpoint_id: z.string(),
    checkpoint_map: jsonObject.nullable(),
  })
  .meta({ id: 'Checkpoint' });
/** See {@link checkpointSchema}. */
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** A state of a thread. */
export const threadStateSchema = z
  .object({
    values: z.union([jsonObject, z.array(z.unknown())]),
    next: z.array(z.string()),
    checkpoint: checkpointSchema.nullable(),
    metadata: jsonObject.nullable(),
    created_at: timestamp.nullable(),
    parent_checkpoint: checkpointSchema.nullable(),
    tasks: z.array(jsonObject).describe('Of a task that is a sub-graph `checkpoint` names its state; with `subgraphs` it is in `state`, and theirs in it'),
    interrupts: z.array(interruptSchema),
  })
  .partial()
  .meta({ id: 'ThreadState', description: 'Only the selected fields when `select` is given' });
/** See {@link threadStateSchema}. */
export type ThreadState = z.infer<typeof threadStateSchema>;

/** Reference to a checkpoint as callers send it; `thread_id` is taken from the path and may stand here too. */
export const checkpointRefSchema = z
  .strictObject({
    thread_id: uuidSchema.nullish(),
    checkpoint_id: z.guid().nullish(),
    checkpoint_ns: z.string().max(2000).nullish().describe('Of a sub-graph, as `tasks[].checkpoint` names it: for its states, and edits where it stands'),
    checkpoint_map: jsonObject.nullish().describe('`""`: the root checkpoint from which a sub-graph was executed; default: the newest'),
  })
  .meta({ id: 'CheckpointRef' });
/** See {@link checkpointRefSchema}. */
export type CheckpointRef = z.infer<typeof checkpointRefSchema>;

const minutes = z.number().positive().max(5_256_000).describe('Minutes without a change after which it is deleted');
/** How long a thread stays: minutes, or an object as SDKs send it. */
const ttlField = z.union([minutes, z.strictObject({ ttl: minutes, strategy: z.literal('delete').optional() })]).nullish();

/** Body of `POST /threads`. */
export const threadCreateSchema = z
  .strictObject({
    thread_id: uuidSchema.nullish(),
    metadata: jsonObject.nullish(),
    if_exists: z.enum(['raise', 'do_nothing']).nullish(),
    supersteps: z.array(z.unknown()).nullish().describe('Not supported yet: 422'),
    ttl: ttlField,
  })
  .meta({ id: 'ThreadCreate' });
/** See {@link threadCreateSchema}. */
export type ThreadCreate = z.infer<typeof threadCreateSchema>;

/** Body of `PATCH /threads/{thread_id}`. */
export const threadPatchSchema = z
  .strictObject({ metadata: jsonObject.nullish(), ttl: ttlField })
  .meta({ id: 'ThreadPatch' });
/** See {@link threadPatchSchema}. */
export type ThreadPatch = z.infer<typeof threadPatchSchema>;

const filters = {
  metadata: jsonObject.nullish(),
  values: jsonObject.nullish(),
  status: z.enum(THREAD_STATUSES).nullish(),
};

/** Fields a thread search may be narrowed to. */
export const THREAD_FIELDS = [
  'thread_id',
  'created_at',
  'updated_at',
  'state_updated_at',
  'metadata',
  'config',
  'context',
  'status',
  'values',
  'interrupts',
] as const;

/** Body of `POST /threads/search`. */
export const threadSearchSchema = z
  .strictObject({
    ...filters,
    ids: z.array(uuidSchema).max(1000).nullish(),
    limit: limitField,
    offset: offsetField,
    sort_by: z.enum(['thread_id', 'status', 'created_at', 'updated_at', 'state_updated_at']).nullish(),
    sort_order: sortOrder.nullish(),
    select: z.array(z.enum(THREAD_FIELDS)).min(1).nullish(),
    extract: z
      .record(z.string().max(100), z.string().max(500))
      .refine((map) => Object.keys(map).length <= 10, 'more than 10 aliases')
      .nullish()
      .describe('alias to path, such as `values.messages[-1].content`'),
  })
  .meta({ id: 'ThreadSearch' });
/** See {@link threadSearchSchema}. */
export type ThreadSearch = z.infer<typeof threadSearchSchema>;

/** Body of `POST /threads/count`. */
export const threadCountSchema = z.strictObject(filters).meta({ id: 'ThreadCount' });
/** See {@link threadCountSchema}. */
export type ThreadCount = z.infer<typeof threadCountSchema>;

/** Body of `POST /threads/prune`. */
export const threadPruneSchema = z
  .strictObject({
    thread_ids: z.array(uuidSchema).min(1).max(1000),
    strategy: z.enum(['delete', 'keep_latest']).default('delete'),
  })
  .meta({ id: 'ThreadPrune' });

const stateField = z.union([
  z.enum(['values', 'next', 'tasks', 'checkpoint', 'metadata', 'created_at', 'parent_checkpoint', 'interrupts']),
  z
    .string()
    .max(300)
    .regex(/^values\../),
]);

/** Body of `POST /threads/{thread_id}/state`. */
export const stateUpdateSchema = z
  .strictObject({
    values: z.union([jsonObject, z.array(jsonObject)]).nullish(),
    as_node: z.string().min(1).max(200).nullish(),
    checkpoint_id: z.guid().nullish(),
    checkpoint: checkpointRefSchema.nullish(),
  })
  .meta({ id: 'ThreadStateUpdate' });
/** See {@link stateUpdateSchema}. */
export type StateUpdate = z.infer<typeof stateUpdateSchema>;

/** Answer of `POST /threads/{thread_id}/state`. */
export const stateUpdateResultSchema = z.object({ checkpoint: checkpointSchema }).meta({ id: 'ThreadStateUpdateResult' });

/** Body of `PATCH /threads/{thread_id}/state`. */
export const statePatchSchema = z.strictObject({ metadata: jsonObject }).meta({ id: 'ThreadStatePatch' });

/** Query of the state. */
export const stateQuery = z.object({ subgraphs: queryFlag.describe('With the states of sub-graphs'), select: queryList(stateField) });
/** Path parameters. */
export const stateAtParams = threadParams.extend({ checkpoint_id: z.guid() });

/** Body of `POST /threads/{thread_id}/state/checkpoint`. */
export const stateAtSchema = z
  .strictObject({
    checkpoint: checkpointRefSchema.nullish(),
    subgraphs: z.boolean().nullish().describe('With the states of sub-graphs'),
    select: z.array(stateField).nullish(),
  })
  .meta({ id: 'ThreadStateAt' });

const before = z.union([
  z.guid(),
  z.looseObject({ configurable: z.looseObject({ checkpoint_id: z.guid() }) }),
  z.looseObject({ checkpoint_id: z.guid() }),
]);

/** Body of `POST /threads/{thread_id}/history`. */
export const historySchema = z
  .strictObject({
    limit: limitField,
    before: before.nullish().describe('Id of a checkpoint, or a configuration that holds one'),
    metadata: jsonObject.nullish(),
    checkpoint: checkpointRefSchema.nullish(),
    select: z.array(stateField).nullish(),
  })
  .meta({ id: 'ThreadHistory' });
/** See {@link historySchema}. */
export type HistoryRequest = z.infer<typeof historySchema>;

/** Query of `GET /threads/{thread_id}/history`. */
export const historyQuery = z.object({ limit: queryInt(1, 1000, 10), before: z.guid().optional() });

/** The checkpoint id in any form of `before`. */
export function beforeId(value: HistoryRequest['before']): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  const direct = value['checkpoint_id'];
  if (typeof direct === 'string') return direct;
  const configurable = value['configurable'] as { checkpoint_id?: unknown } | undefined;
  return typeof configurable?.checkpoint_id === 'string' ? configurable.checkpoint_id : undefined;
}
