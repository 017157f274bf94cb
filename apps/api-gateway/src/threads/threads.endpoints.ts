import { z } from 'zod';
import { queryList, threadParams } from '../http/wire.schema';
import { endpoint } from '../openapi/endpoint';
import {
  historyQuery,
  historySchema,
  stateAtParams,
  stateAtSchema,
  statePatchSchema,
  stateQuery,
  stateUpdateResultSchema,
  stateUpdateSchema,
  threadCountSchema,
  threadCreateSchema,
  threadPatchSchema,
  threadPruneSchema,
  threadSchema,
  threadSearchSchema,
  threadStateSchema,
} from './threads.schema';

const tag = 'Threads';
const one = { 200: { description: 'The thread', schema: threadSchema } };
const state = { 200: { description: 'The state', schema: threadStateSchema } };
const states = { 200: { description: 'Newest first', schema: z.array(threadStateSchema) } };
const edited = { 200: { description: 'Where it stands', schema: stateUpdateResultSchema } };
const includeQuery = z.object({ include: queryList(z.string().max(50)).describe('`ttl`: how long it stays') });

/** Endpoints under /threads, runs excepted. */
export const threadEndpoints = {
  create: endpoint({ method: 'POST', path: '/threads', operationId: 'createThread', summary: 'Create a thread', tag, body: threadCreateSchema.prefault({}), responses: one }),
  search: endpoint({
    method: 'POST',
    path: '/threads/search',
    operationId: 'searchThreads',
    summary: 'Search threads',
    tag,
    body: threadSearchSchema.prefault({}),
    responses: {
      200: {
        description: 'A page',
        schema: z.array(threadSchema.partial()),
        headers: { 'X-Pagination-Total': 'How many match', 'X-Pagination-Next': 'Offset of the next page' },
      },
    },
  }),
  count: endpoint({ method: 'POST', path: '/threads/count', operationId: 'countThreads', summary: 'Count threads', tag, body: threadCountSchema.prefault({}), responses: { 200: { description: 'How many match', schema: z.int() } } }),
  prune: endpoint({ method: 'POST', path: '/threads/prune', operationId: 'pruneThreads', summary: 'Delete threads or their old states', tag, body: threadPruneSchema, responses: { 200: { description: 'How many were pruned', schema: z.object({ pruned_count: z.int() }) } } }),
  get: endpoint({ method: 'GET', path: '/threads/{thread_id}', operationId: 'getThread', summary: 'Get a thread', tag, params: threadParams, query: includeQuery, responses: one }),
  patch: endpoint({
    method: 'PATCH',
    path: '/threads/{thread_id}',
    operationId: 'patchThread',
    summary: 'Merge into the metadata of a thread',
    tag,
    params: threadParams,
    body: threadPatchSchema,
    headers: { Prefer: '`return=minimal`: answer 204 without a body' },
    responses: { ...one, 204: { description: 'With `Prefer: return=minimal`' } },
  }),
  delete: endpoint({ method: 'DELETE', path: '/threads/{thread_id}', operationId: 'deleteThread', summary: 'Delete a thread with its runs and states', tag, params: threadParams, responses: { 204: { description: 'Deleted' } } }),
  copy: endpoint({ method: 'POST', path: '/threads/{thread_id}/copy', operationId: 'copyThread', summary: 'Copy a thread with its history', tag, params: threadParams, responses: { 200: { description: 'The new thread', schema: threadSchema } } }),
  state: endpoint({ method: 'GET', path: '/threads/{thread_id}/state', operationId: 'getThreadState', summary: 'Get the newest state', tag, params: threadParams, query: stateQuery, responses: state }),
  stateAt: endpoint({ method: 'GET', path: '/threads/{thread_id}/state/{checkpoint_id}', operationId: 'getThreadStateAt', summary: 'Get the state of a checkpoint', tag, params: stateAtParams, query: stateQuery, responses: state }),
  stateAtPost: endpoint({ method: 'POST', path: '/threads/{thread_id}/state/checkpoint', operationId: 'getThreadStateAtCheckpoint', summary: 'Get the state of a checkpoint', tag, params: threadParams, body: stateAtSchema, responses: state }),
  updateState: endpoint({ method: 'POST', path: '/threads/{thread_id}/state', operationId: 'updateThreadState', summary: 'Write values as if a node had returned them', tag, params: threadParams, body: stateUpdateSchema, responses: edited }),
  patchState: endpoint({ method: 'PATCH', path: '/threads/{thread_id}/state', operationId: 'patchThreadState', summary: 'Merge into the metadata of the newest state', tag, params: threadParams, body: statePatchSchema, responses: edited }),
  history: endpoint({ method: 'GET', path: '/threads/{thread_id}/history', operationId: 'getThreadHistory', summary: 'List states', tag, params: threadParams, query: historyQuery, responses: states }),
  historyPost: endpoint({ method: 'POST', path: '/threads/{thread_id}/history', operationId: 'searchThreadHistory', summary: 'List states', tag, params: threadParams, body: historySchema.prefault({}), responses: states }),
};
