import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HoldfastError } from '@holdfast/contracts/errors';
import { toProblem } from '../problem/problem';

/** Longest path parameter, in characters: names of graphs are up to 200 long. */
export const MAX_PARAM_LENGTH = 500;

/** A body that is too large is read to its end up to this size, in bytes, so that the caller gets the answer and not a broken pipe. */
const LARGEST_DRAINED_BODY = 64 * 1024 * 1024;
const PROBLEM_JSON = 'application/problem+json';

interface RefusedRequest {
  readonly id: string;
}

/** Answers what fastify refuses before it has a route: paths that are no URL, or too long. Fastify's option `frameworkErrors`. */
export function refuseUnroutable(error: Error, request: RefusedRequest, reply: { readonly raw: ServerResponse }): void {
  const { problem } = toProblem(error);
  reply.raw.writeHead(problem.status, { 'content-type': PROBLEM_JSON, 'x-request-id': request.id });
  reply.raw.end(JSON.stringify({ ...problem, request_id: request.id }));
}

/** Answers what is no HTTP at all, then hangs up. Fastify's option `clientErrorHandler`. */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
    const { problem } = toProblem(Object.assign(new Error('The request is no valid HTTP.'), { statusCode: status }));
    const body = JSON.stringify(problem);
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: ${PROBLEM_JSON}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}

/**
 * Refuses a body that says itself that it is too large, after taking it off the wire: a server that answers and hangs up in the middle
 * of an upload resets the connection, and the client sees no answer.
 * @param limit largest body, in bytes
 * @param done called once; with an error BODY_TOO_LARGE when the body is
 */
export function refuseLargeBody(request: IncomingMessage, limit: number, done: (error?: Error) => void): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (!(length > limit)) return done();
  const error = new HoldfastError('BODY_TOO_LARGE', `The body has ${length} bytes; at most ${limit} are accepted.`);
  if (length > LARGEST_DRAINED_BODY) return done(error);
  let called = false;
  const end = (): void => {
    if (!called) done(error);
    called = true;
  };
  request.once('end', end).once('close', end).once('error', end).resume();
}
