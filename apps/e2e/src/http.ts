import { z } from 'zod';
import { stack } from './config';

/** A request as it is: no SDK in between. */
export interface RawRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly apiKey?: string | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; wins over `json`. */
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer with its whole body. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const TIMEOUT_MS = 30_000;

/** Sends a request; never throws for a status. */
export async function send(request: RawRequest): Promise<RawResponse> {
  const body = request.body ?? (request.json === undefined ? undefined : JSON.stringify(request.json));
  const response = await fetch(`${stack.url}${request.path}`, {
    method: request.method,
    headers: {
      ...(request.apiKey === undefined ? {} : { 'x-api-key': request.apiKey }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What every refusal looks like (RFC 9457, with the `detail` of the SDKs). */
export const problemSchema = z.object({
  type: z.string().min(1),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().min(1),
  code: z.string().regex(/^[A-Z_]+$/),
  errors: z.array(z.object({ path: z.string().min(1), message: z.string().min(1) })).optional(),
});
/** See {@link problemSchema}. */
export type Problem = z.infer<typeof problemSchema>;

/** Reads a refusal. @throws when the answer is no problem document of its status */
export function problemOf(response: RawResponse): Problem {
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) {
    throw new Error(`not a problem document but ${type}: HTTP ${response.status} ${response.text.slice(0, 300)}`);
  }
  const problem = problemSchema.parse(JSON.parse(response.text));
  if (problem.status !== response.status) throw new Error(`status ${problem.status} in the body of HTTP ${response.status}`);
  return problem;
}

const sdkError = z.object({ status: z.int(), text: z.string() });

/** The problem document in what the SDK threw. @throws when the call succeeded, or failed in another way */
export async function problemFrom(call: Promise<unknown>): Promise<Problem> {
  const outcome = await call.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome) throw new Error(`the call was expected to fail, and gave ${JSON.stringify(outcome.value)?.slice(0, 300)}`);
  const error = sdkError.safeParse(outcome.error);
  if (!error.success) throw new Error('the SDK failed without an answer of the server', { cause: outcome.error });
  return problemSchema.parse(JSON.parse(error.data.text));
}
