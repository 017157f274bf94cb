import { threadParams } from '../http/wire.schema';
import { endpoint } from '../openapi/endpoint';
import { eventStreamSchema } from '../runs/runs.schema';
import { threadStreamQuery } from './thread-stream.schema';

/** The stream of a thread. */
export const threadStreamEndpoints = {
  join: endpoint({
    method: 'GET',
    path: '/threads/{thread_id}/stream',
    operationId: 'joinThreadStream',
    summary: 'Stream the events of all runs of a thread',
    description: 'Stays open between runs. A run begins with `metadata` and ends with `run_done`; `state_update` brings the state that an edit made.',
    tag: 'Threads',
    params: threadParams,
    query: threadStreamQuery,
    headers: { 'Last-Event-ID': 'Id of the last event seen; `-`: from the first run of the thread; none: runs that have not ended, and those that come' },
    responses: {
      200: {
        description: 'Server-Sent Events; every event has an id to come back with as `Last-Event-ID`',
        schema: eventStreamSchema,
        contentType: 'text/event-stream',
        headers: { Location: 'Where to reconnect to' },
      },
    },
  }),
};
