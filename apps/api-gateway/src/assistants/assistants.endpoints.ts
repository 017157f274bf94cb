import { z } from 'zod';
import { endpoint } from '../openapi/endpoint';
import {
  assistantCountSchema,
  assistantCreateSchema,
  assistantDeleteQuery,
  assistantGraphQuery,
  assistantLatestSchema,
  assistantParams,
  assistantPatchSchema,
  assistantSchema,
  assistantSearchSchema,
  assistantVersionSchema,
  assistantVersionsSchema,
  graphSchemasSchema,
  graphStructureSchema,
  subgraphParams,
  subgraphsQuery,
} from './assistants.schema';

const tag = 'Assistants';
const one = { 200: { description: 'The assistant', schema: assistantSchema } };
const byName = { 200: { description: 'Schemas by name of the sub-graph', schema: z.record(z.string(), graphSchemasSchema) } };

/** Endpoints under /assistants. */
export const assistantEndpoints = {
  create: endpoint({ method: 'POST', path: '/assistants', operationId: 'createAssistant', summary: 'Create an assistant', tag, body: assistantCreateSchema, responses: one }),
  search: endpoint({
    method: 'POST',
    path: '/assistants/search',
    operationId: 'searchAssistants',
    summary: 'Search assistants',
    tag,
    body: assistantSearchSchema.prefault({}),
    responses: {
      200: {
        description: 'A page',
        schema: z.array(assistantSchema.partial()),
        headers: { 'X-Pagination-Total': 'How many match', 'X-Pagination-Next': 'Offset of the next page' },
      },
    },
  }),
  count: endpoint({ method: 'POST', path: '/assistants/count', operationId: 'countAssistants', summary: 'Count assistants', tag, body: assistantCountSchema.prefault({}), responses: { 200: { description: 'How many match', schema: z.int() } } }),
  get: endpoint({ method: 'GET', path: '/assistants/{assistant_id}', operationId: 'getAssistant', summary: 'Get an assistant by id or graph name', tag, params: assistantParams, responses: one }),
  update: endpoint({ method: 'PATCH', path: '/assistants/{assistant_id}', operationId: 'updateAssistant', summary: 'Make a new version of an assistant', tag, params: assistantParams, body: assistantPatchSchema, responses: one }),
  delete: endpoint({ method: 'DELETE', path: '/assistants/{assistant_id}', operationId: 'deleteAssistant', summary: 'Delete an assistant', tag, params: assistantParams, query: assistantDeleteQuery, responses: { 204: { description: 'Deleted' } } }),
  graph: endpoint({ method: 'GET', path: '/assistants/{assistant_id}/graph', operationId: 'getAssistantGraph', summary: 'Get the drawing of the graph', tag, params: assistantParams, query: assistantGraphQuery, responses: { 200: { description: 'Nodes and edges', schema: graphStructureSchema } } }),
  schemas: endpoint({ method: 'GET', path: '/assistants/{assistant_id}/schemas', operationId: 'getAssistantSchemas', summary: 'Get the JSON Schemas of the graph', tag, params: assistantParams, responses: { 200: { description: 'JSON Schemas', schema: graphSchemasSchema } } }),
  subgraphs: endpoint({ method: 'GET', path: '/assistants/{assistant_id}/subgraphs', operationId: 'getAssistantSubgraphs', summary: 'Get the schemas of sub-graphs', tag, params: assistantParams, query: subgraphsQuery, responses: byName }),
  subgraph: endpoint({ method: 'GET', path: '/assistants/{assistant_id}/subgraphs/{namespace}', operationId: 'getAssistantSubgraph', summary: 'Get the schemas of one sub-graph', tag, params: subgraphParams, query: subgraphsQuery, responses: byName }),
  versions: endpoint({ method: 'POST', path: '/assistants/{assistant_id}/versions', operationId: 'searchAssistantVersions', summary: 'List the versions of an assistant', tag, params: assistantParams, body: assistantVersionsSchema.prefault({}), responses: { 200: { description: 'Newest first', schema: z.array(assistantVersionSchema) } } }),
  setLatest: endpoint({ method: 'POST', path: '/assistants/{assistant_id}/latest', operationId: 'setLatestAssistantVersion', summary: 'Make an older version the one that counts', tag, params: assistantParams, body: assistantLatestSchema, responses: one }),
};
