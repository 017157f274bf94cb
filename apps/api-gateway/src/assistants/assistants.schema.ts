import { uuidSchema } from '@holdfast/contracts';
import { z } from 'zod';
import { assistantRef, configSchema, jsonObject, limitField, offsetField, queryFlag, sortOrder, timestamp } from '../http/wire.schema';

const graphId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'contains control characters');
const name = z.string().min(1).max(255);
const description = z.string().max(10_000);

/** An assistant: a graph with configuration, in versions. */
export const assistantSchema = z
  .object({
    assistant_id: z.string(),
    graph_id: z.string(),
    config: configSchema,
    context: z.unknown(),
    metadata: jsonObject,
    name: z.string(),
    description: z.string().nullable(),
    version: z.int(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Assistant' });
/** See {@link assistantSchema}. */
export type Assistant = z.infer<typeof assistantSchema>;

/** One version of an assistant. */
export const assistantVersionSchema = assistantSchema.omit({ updated_at: true }).meta({ id: 'AssistantVersion' });
/** See {@link assistantVersionSchema}. */
export type AssistantVersion = z.infer<typeof assistantVersionSchema>;

/** Body of `POST /assistants`. */
export const assistantCreateSchema = z
  .strictObject({
    assistant_id: uuidSchema.nullish(),
    graph_id: graphId,
    config: configSchema.nullish(),
    context: z.unknown().optional(),
    metadata: jsonObject.nullish(),
    if_exists: z.enum(['raise', 'do_nothing']).nullish(),
    name: name.nullish(),
    description: description.nullish(),
  })
  .meta({ id: 'AssistantCreate' });
/** See {@link assistantCreateSchema}. */
export type AssistantCreate = z.infer<typeof assistantCreateSchema>;

/** Body of `PATCH /assistants/{assistant_id}`: makes a new version. */
export const assistantPatchSchema = z
  .strictObject({
    graph_id: graphId.nullish(),
    config: configSchema.nullish(),
    context: z.unknown().optional(),
    metadata: jsonObject.nullish(),
    name: name.nullish(),
    description: description.nullish(),
  })
  .meta({ id: 'AssistantPatch' });
/** See {@link assistantPatchSchema}. */
export type AssistantPatch = z.infer<typeof assistantPatchSchema>;

const filters = {
  metadata: jsonObject.nullish(),
  graph_id: graphId.nullish(),
  name: z.string().max(255).nullish().describe('Substring of the name, case-insensitive'),
};

/** Fields an assistant search may be narrowed to. */
export const ASSISTANT_FIELDS = [
  'assistant_id',
  'graph_id',
  'name',
  'description',
  'config',
  'context',
  'created_at',
  'updated_at',
  'metadata',
  'version',
] as const;

/** Body of `POST /assistants/search`. */
export const assistantSearchSchema = z
  .strictObject({
    ...filters,
    limit: limitField,
    offset: offsetField,
    sort_by: z.enum(['assistant_id', 'graph_id', 'created_at', 'updated_at', 'name']).nullish(),
    sort_order: sortOrder.nullish(),
    select: z.array(z.enum(ASSISTANT_FIELDS)).min(1).nullish(),
  })
  .meta({ id: 'AssistantSearch' });
/** See {@link assistantSearchSchema}. */
export type AssistantSearch = z.infer<typeof assistantSearchSchema>;

/** Body of `POST /assistants/count`. */
export const assistantCountSchema = z.strictObject(filters).meta({ id: 'AssistantCount' });
/** See {@link assistantCountSchema}. */
export type AssistantCount = z.infer<typeof assistantCountSchema>;

/** Body of `POST /assistants/{assistant_id}/versions`. */
export const assistantVersionsSchema = z
  .strictObject({ metadata: jsonObject.nullish(), limit: limitField, offset: offsetField })
  .meta({ id: 'AssistantVersionsSearch' });

/** Body of `POST /assistants/{assistant_id}/latest`. */
export const assistantLatestSchema = z.strictObject({ version: z.int().min(1).max(2_147_483_647) }).meta({ id: 'AssistantLatest' });

/** Path parameters. */
export const assistantParams = z.object({ assistant_id: assistantRef });
/** Path parameters. */
export const subgraphParams = assistantParams.extend({ namespace: z.string().min(1).max(500) });
/** Query of the delete. */
export const assistantDeleteQuery = z.object({ delete_threads: queryFlag });
/** Query of the graph. */
export const assistantGraphQuery = z.object({
  xray: z
    .string()
    .regex(/^(true|false|\d{1,3})$/)
    .optional()
    .describe('true, false or a depth'),
});
/** Query of the sub-graphs. */
export const subgraphsQuery = z.object({ recurse: queryFlag });

/** The drawing of a graph. */
export const graphStructureSchema = z
  .object({ nodes: z.array(jsonObject), edges: z.array(jsonObject) })
  .meta({ id: 'AssistantGraph' });
/** See {@link graphStructureSchema}. */
export type GraphStructure = z.infer<typeof graphStructureSchema>;

/** The JSON Schemas of a graph. */
export const graphSchemasSchema = z
  .object({
    graph_id: z.string(),
    input_schema: jsonObject.nullable(),
    output_schema: jsonObject.nullable(),
    state_schema: jsonObject.nullable(),
    config_schema: jsonObject.nullable(),
    context_schema: jsonObject.nullable(),
  })
  .meta({ id: 'GraphSchemas' });
/** See {@link graphSchemasSchema}. */
export type GraphSchemas = z.infer<typeof graphSchemasSchema>;
