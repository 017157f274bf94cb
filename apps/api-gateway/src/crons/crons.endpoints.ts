import { z } from 'zod';
import { threadParams } from '../http/wire.schema';
import { endpoint } from '../openapi/endpoint';
import {
  cronBackfillSchema,
  cronCountSchema,
  cronCreateSchema,
  cronDetailSchema,
  cronParams,
  cronPatchSchema,
  cronSchema,
  cronSearchSchema,
} from './crons.schema';

const tag = 'Crons';
const one = { 200: { description: 'The cron', schema: cronSchema } };

/** Endpoints of runs by the clock. */
export const cronEndpoints = {
  create: endpoint({ method: 'POST', path: '/runs/crons', operationId: 'createCron', summary: 'Run an assistant by the clock, each time on a new thread', tag, body: cronCreateSchema, responses: one }),
  createForThread: endpoint({ method: 'POST', path: '/threads/{thread_id}/runs/crons', operationId: 'createThreadCron', summary: 'Run an assistant on a thread by the clock', tag, params: threadParams, body: cronCreateSchema, responses: one }),
  search: endpoint({
    method: 'POST',
    path: '/runs/crons/search',
    operationId: 'searchCrons',
    summary: 'Search crons',
    tag,
    body: cronSearchSchema.prefault({}),
    responses: { 200: { description: 'A page', schema: z.array(cronSchema.partial()), headers: { 'X-Pagination-Total': 'How many match', 'X-Pagination-Next': 'Offset of the next page' } } },
  }),
  count: endpoint({ method: 'POST', path: '/runs/crons/count', operationId: 'countCrons', summary: 'Count crons', tag, body: cronCountSchema.prefault({}), responses: { 200: { description: 'How many match', schema: z.int() } } }),
  get: endpoint({ method: 'GET', path: '/runs/crons/{cron_id}', operationId: 'getCron', summary: 'Get a cron with its next moments', tag, params: cronParams, responses: { 200: { description: 'The cron', schema: cronDetailSchema } } }),
  update: endpoint({ method: 'PATCH', path: '/runs/crons/{cron_id}', operationId: 'updateCron', summary: 'Change a cron, or switch it on or off', tag, params: cronParams, body: cronPatchSchema, responses: one }),
  delete: endpoint({ method: 'DELETE', path: '/runs/crons/{cron_id}', operationId: 'deleteCron', summary: 'Delete a cron', tag, params: cronParams, responses: { 204: { description: 'Deleted' } } }),
  backfill: endpoint({ method: 'POST', path: '/runs/crons/{cron_id}/backfill', operationId: 'backfillCron', summary: 'Make the runs of moments that have passed', description: 'Moments that have had their run get no other. Holdfast only.', tag, params: cronParams, body: cronBackfillSchema, responses: { 204: { description: 'The runs follow' } } }),
};
