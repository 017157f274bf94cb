import { isRecord } from './messages.ts';
import { RunPrinter } from './run-printer.ts';
import { readSse } from './sse.ts';

/** The graph of the sample. */
export const SAMPLE_ASSISTANT = 'plan-execute-review';
/** What the sample asks. */
export const SAMPLE_QUESTION = 'Which packages does this workspace contain and what is each for? Write a short summary.';

/** Whom to ask and who speaks. */
export interface SampleOptions {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Name of the model, shown with everything it says. */
  readonly model: string;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
}

/** How the sample ended. */
export interface SampleResult {
  readonly isSuccess: boolean;
  readonly threadId: string;
  readonly runId: string | undefined;
  /** For the link to the Temporal Web UI. */
  readonly workflowId: string | undefined;
  readonly toolCalls: number;
  readonly milliseconds: number;
}

/** Longest the sample may take, in milliseconds; a real model is slower than ours. */
const TIMEOUT_MS = 300_000;

/** Runs the sample agent through the public API and prints its events. Fails when it called no tool or gave no answer. */
export async function runSample(options: SampleOptions): Promise<SampleResult> {
  const begun = performance.now();
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    request({ ...options, signal }, method, path, body);
  const thread = await jsonOf(await call('POST', '/threads', {}));
  const threadId = textField(thread, 'thread_id');
  const response = await call('POST', `/threads/${threadId}/runs/stream`, {
    assistant_id: SAMPLE_ASSISTANT,
    input: { messages: [{ role: 'user', content: SAMPLE_QUESTION }] },
    stream_mode: ['updates', 'messages-tuple', 'custom'],
  });
  const printer = new RunPrinter(options.write, options.model);
  if (response.body === null) throw new Error('the stream has no body');
  for await (const frame of readSse(response.body)) printer.take(frame);
  printer.end();
  const { runId, answer, toolCalls, error } = printer.summary();
  const run = runId === undefined ? {} : await jsonOf(await call('GET', `/threads/${threadId}/runs/${runId}`));
  const status = run['status'];
  const problem = error ?? (status !== 'success' ? `its status is ${String(status)}` : answer.trim() === '' ? 'it gave no answer' : toolCalls === 0 ? 'it called no tool' : undefined);
  if (problem !== undefined) options.write(`✗ The sample did not succeed: ${problem}\n`);
  const workflowId = response.headers.get('x-holdfast-workflow-id') ?? (typeof run['workflow_id'] === 'string' ? run['workflow_id'] : undefined);
  return { isSuccess: problem === undefined, threadId, runId, workflowId, toolCalls, milliseconds: performance.now() - begun };
}

async function request(options: SampleOptions, method: string, path: string, body: unknown): Promise<Response> {
  const response = await fetch(`${options.apiUrl}${path}`, {
    method,
    headers: { 'x-api-key': options.apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: options.signal,
  });
  if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${(await response.text()).slice(0, 1_000)}`);
  return response;
}

async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  const value: unknown = await response.json();
  if (!isRecord(value)) throw new Error(`${response.url} answers no object`);
  return value;
}

function textField(value: Record<string, unknown>, name: string): string {
  const field = value[name];
  if (typeof field !== 'string') throw new Error(`the answer has no ${name}`);
  return field;
}
