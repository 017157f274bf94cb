import { z } from 'zod';
import { runParams, threadParams, threadRunParams } from '../http/wire.schema';
import { endpoint } from '../openapi/endpoint';
import {
  batchFromSdk,
  bulkCancelQuery,
  bulkCancelSchema,
  cancelQuery,
  eventStreamSchema,
  injectInputSchema,
  injectedInputSchema,
  joinQuery,
  joinStreamQuery,
  runBatchSchema,
  runCreateSchema,
  runListQuery,
  runResultSchema,
  runSchema,
  streamQuery,
} from './runs.schema';

const tag = 'Runs';
const stateless = 'Stateless runs';
const location = {
  'Content-Location': 'Path of the run',
  'X-Holdfast-Workflow-Id': 'Temporal workflow that executes the run',
};
const compensating = { 'Content-Location': 'With `compensate`, when the run had ended: the run that takes back what it did' };
const run = { 200: { description: 'The run', schema: runSchema, headers: location } };
const stream = {
  200: {
    description: 'Server-Sent Events; every event has an id to come back with as `Last-Event-ID`',
    schema: eventStreamSchema,
    contentType: 'text/event-stream',
    headers: { ...location, Location: 'Where to reconnect to' },
  },
};
const result = {
  200: { description: 'The last values; `__error__` when the run failed, `__interrupt__` when it stopped at a question', schema: runResultSchema, headers: location },
};
const idempotent = { 'Idempotency-Key': 'A repeat with the same key and body is answered with the first run' };
const resumable = { 'Last-Event-ID': 'Id of the last event seen; `-1` or none: from the start' };

/** Endpoints of runs on threads. */
export const runEndpoints = {
  create: endpoint({ method: 'POST', path: '/threads/{thread_id}/runs', operationId: 'createRun', summary: 'Create a run in the background', tag, params: threadParams, body: runCreateSchema, headers: idempotent, responses: run }),
  stream: endpoint({ method: 'POST', path: '/threads/{thread_id}/runs/stream', operationId: 'streamRun', summary: 'Create a run and stream its events', tag, params: threadParams, query: streamQuery, body: runCreateSchema, headers: idempotent, responses: stream }),
  wait: endpoint({ method: 'POST', path: '/threads/{thread_id}/runs/wait', operationId: 'waitRun', summary: 'Create a run and wait for its result', tag, params: threadParams, body: runCreateSchema, headers: idempotent, responses: result }),
  list: endpoint({ method: 'GET', path: '/threads/{thread_id}/runs', operationId: 'listRuns', summary: 'List the runs of a thread', tag, params: threadParams, query: runListQuery, responses: { 200: { description: 'Newest first', schema: z.array(runSchema.partial()) } } }),
  get: endpoint({ method: 'GET', path: '/threads/{thread_id}/runs/{run_id}', operationId: 'getRun', summary: 'Get a run', tag, params: threadRunParams, responses: { 200: { description: 'The run', schema: runSchema } } }),
  delete: endpoint({ method: 'DELETE', path: '/threads/{thread_id}/runs/{run_id}', operationId: 'deleteRun', summary: 'Delete a finished run', tag, params: threadRunParams, responses: { 204: { description: 'Deleted' } } }),
  join: endpoint({ method: 'GET', path: '/threads/{thread_id}/runs/{run_id}/join', operationId: 'joinRun', summary: 'Wait for the result of a run', tag, params: threadRunParams, query: joinQuery, responses: result }),
  joinStream: endpoint({ method: 'GET', path: '/threads/{thread_id}/runs/{run_id}/stream', operationId: 'joinRunStream', summary: 'Stream the events of a run', tag, params: threadRunParams, query: joinStreamQuery, headers: resumable, responses: stream }),
  cancel: endpoint({
    method: 'POST',
    path: '/threads/{thread_id}/runs/{run_id}/cancel',
    operationId: 'cancelRun',
    summary: 'Cancel a run',
    tag,
    params: threadRunParams,
    query: cancelQuery,
    responses: { 202: { description: 'It is being cancelled', headers: compensating }, 204: { description: 'With `wait=1`: it has ended', headers: compensating } },
  }),
  inject: endpoint({
    method: 'POST',
    path: '/threads/{thread_id}/runs/{run_id}/inject',
    operationId: 'injectInput',
    summary: 'Put input into a running run, from its next superstep on',
    tag,
    params: threadRunParams,
    body: injectInputSchema,
    headers: { 'Idempotency-Key': 'A repeat with the same key puts nothing in and is answered with the first checkpoint' },
    responses: {
      200: { description: 'It is in the journal', schema: injectedInputSchema },
      202: { description: 'The run has taken it, and is in a long superstep or stands still', schema: injectedInputSchema },
    },
  }),
};

/** Endpoints of runs that have a thread of their own. */
export const statelessRunEndpoints = {
  create: endpoint({ method: 'POST', path: '/runs', operationId: 'createStatelessRun', summary: 'Create a run in the background', tag: stateless, body: runCreateSchema, headers: idempotent, responses: run }),
  batch: endpoint({ method: 'POST', path: '/runs/batch', operationId: 'createRunBatch', summary: 'Create several runs in the background', tag: stateless, body: runBatchSchema, rewriteBody: batchFromSdk, headers: idempotent, responses: { 200: { description: 'The runs, in order', schema: z.array(runSchema) } } }),
  stream: endpoint({ method: 'POST', path: '/runs/stream', operationId: 'streamStatelessRun', summary: 'Create a run and stream its events', tag: stateless, query: streamQuery, body: runCreateSchema, headers: idempotent, responses: stream }),
  wait: endpoint({ method: 'POST', path: '/runs/wait', operationId: 'waitStatelessRun', summary: 'Create a run and wait for its result', tag: stateless, body: runCreateSchema, headers: idempotent, responses: result }),
  joinStream: endpoint({ method: 'GET', path: '/runs/{run_id}/stream', operationId: 'joinStatelessRunStream', summary: 'Stream the events of a run', tag: stateless, params: runParams, query: joinStreamQuery, headers: resumable, responses: stream }),
  cancelMany: endpoint({ method: 'POST', path: '/runs/cancel', operationId: 'cancelRuns', summary: 'Cancel several runs', tag, query: bulkCancelQuery, body: bulkCancelSchema, responses: { 204: { description: 'They are being cancelled' } } }),
};
