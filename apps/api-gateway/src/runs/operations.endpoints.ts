import { threadRunParams } from '../http/wire.schema';
import { endpoint } from '../openapi/endpoint';
import { pauseSchema, pausedRunSchema, skipSchema } from './operations.schema';
import { runSchema } from './runs.schema';

const tag = 'Operating runs';
const params = threadRunParams;
const path = (action: string): string => `/threads/{thread_id}/runs/{run_id}/${action}`;
const headers = { 'Content-Location': 'Path of the run', 'X-Holdfast-Workflow-Id': 'Temporal workflow that executes the run' };

/** Endpoints for operators: roles `operator` and `admin`. */
export const operationEndpoints = {
  pause: endpoint({
    method: 'POST',
    path: path('pause'),
    operationId: 'pauseRun',
    summary: 'Let a running run stand still from its next superstep boundary on',
    tag,
    params,
    body: pauseSchema,
    responses: { 200: { description: 'It stands still', schema: pausedRunSchema }, 202: { description: 'It will, after a long superstep', schema: pausedRunSchema } },
  }),
  resume: endpoint({
    method: 'POST',
    path: path('resume'),
    operationId: 'resumeRun',
    summary: 'Let a paused run go on',
    tag,
    params,
    responses: { 200: { description: 'It goes on', schema: pausedRunSchema } },
  }),
  retry: endpoint({
    method: 'POST',
    path: path('retry'),
    operationId: 'retryRun',
    summary: 'Go on with a failed run from the step that failed, as a new run; a repeat is answered with the same one',
    tag,
    params,
    responses: { 200: { description: 'The new run', schema: runSchema, headers } },
  }),
  skip: endpoint({
    method: 'POST',
    path: path('skip'),
    operationId: 'skipStep',
    summary: 'Go on with a failed run behind the step that failed, with a result given in its place; a repeat is answered with the same run',
    tag,
    params,
    body: skipSchema,
    responses: { 200: { description: 'The new run', schema: runSchema, headers } },
  }),
};
