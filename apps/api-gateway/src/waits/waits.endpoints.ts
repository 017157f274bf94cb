import { z } from 'zod';
import { endpoint } from '../openapi/endpoint';
import { eventCreateSchema, postedEventSchema, waitListQuery, waitSchema } from './waits.schema';

const tag = 'Waits';

/** Endpoints of nodes that wait for time or for an event; Holdfast only. */
export const waitEndpoints = {
  list: endpoint({
    method: 'GET',
    path: '/waits',
    operationId: 'listWaits',
    summary: 'List what nodes wait for',
    tag,
    query: waitListQuery,
    responses: { 200: { description: 'Newest first', schema: z.array(waitSchema), headers: { 'X-Pagination-Next': '`after` of the next page' } } },
  }),
  post: endpoint({
    method: 'POST',
    path: '/events',
    operationId: 'postEvent',
    summary: 'Post an event to the nodes that wait for it',
    description: 'Ends every wait of the tenant for this type and key; one that begins within its lookback takes it, too. The same `id` again posts nothing.',
    tag,
    body: eventCreateSchema,
    responses: { 200: { description: 'The event as it was posted first', schema: postedEventSchema } },
  }),
};
