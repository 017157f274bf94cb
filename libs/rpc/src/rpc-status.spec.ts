import { Metadata, status } from '@grpc/grpc-js';
import { ERROR_CODES, HoldfastError, type ErrorCode } from '@holdfast/contracts/errors';
import { RUN_STARTER, TOOL_ROUTER } from './proto';
import { ERROR_METADATA_KEY, fromRpcFailure, toRpcStatus } from './rpc-status';

/** What grpc-js hands to a client. */
function failure(code: number, details: string, metadata = new Metadata()): Error {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata });
}

it.each(Object.keys(ERROR_CODES) as ErrorCode[])('carries %s over the wire with text and details', (code) => {
  const sent = toRpcStatus(new HoldfastError(code, 'Ärger – 键', { details: { server: 'x' }, retryAfterMs: 5 }));
  const got = fromRpcFailure(failure(sent.code, sent.details, sent.metadata), TOOL_ROUTER);
  expect(got).toMatchObject({ code, message: 'Ärger – 键', retryAfterMs: 5, retryable: ERROR_CODES[code].retryable });
  expect(got.details).toMatchObject({ server: 'x' });
});

it('hides the text of foreign errors', () => {
  const sent = toRpcStatus(new Error('password=hunter2'));
  expect(sent.code).toBe(status.INTERNAL);
  expect(JSON.stringify([sent.details, sent.metadata.getMap()])).not.toContain('hunter2');
});

it.each([
  [status.UNAVAILABLE, 'TOOL_ROUTER_UNAVAILABLE', true],
  [status.UNIMPLEMENTED, 'TOOL_ROUTER_UNAVAILABLE', true],
  [status.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED', true],
  [status.RESOURCE_EXHAUSTED, 'BODY_TOO_LARGE', false],
  [status.UNAUTHENTICATED, 'UNAUTHENTICATED', false],
  [status.UNKNOWN, 'INTERNAL', false],
])('maps a bare gRPC status %s to %s', (code, expected, retryable) => {
  expect(fromRpcFailure(failure(code, 'x'), TOOL_ROUTER)).toMatchObject({ code: expected, retryable, details: { grpc: status[code] } });
});

it('falls back to the gRPC status when the trailer is not ours', () => {
  for (const value of ['not base64 json', Buffer.from('{"code":"NO_SUCH","message":"m"}').toString('base64')]) {
    const metadata = new Metadata();
    metadata.set(ERROR_METADATA_KEY, value);
    expect(fromRpcFailure(failure(status.UNAVAILABLE, 'gone', metadata), TOOL_ROUTER).code).toBe('TOOL_ROUTER_UNAVAILABLE');
  }
});

it('names who did not answer', () => {
  expect(fromRpcFailure(failure(status.UNAVAILABLE, 'x'), RUN_STARTER)).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', message: 'The worker answered UNAVAILABLE: x' });
});
