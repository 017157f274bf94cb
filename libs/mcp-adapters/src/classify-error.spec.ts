import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { classifyError } from './classify-error';

const http = (status: number): SdkHttpError => new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, 'x', { status });
const network = (code: string): TypeError => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

it.each([
  ['a timeout', new SdkError(SdkErrorCode.RequestTimeout, 'x'), 'TIMEOUT', 'intact'],
  ['a closed connection', new SdkError(SdkErrorCode.ConnectionClosed, 'x'), 'LOST', 'broken'],
  ['no connection', new SdkError(SdkErrorCode.NotConnected, 'x'), 'UNAVAILABLE', 'broken'],
  ['a JSON-RPC error', new ProtocolError(-32602, 'no such tool'), 'PROTOCOL', 'intact'],
  ['a JSON-RPC error whose data has a status', new ProtocolError(-32602, 'x', { status: 404 }), 'PROTOCOL', 'intact'],
  ['a refused connection', network('ECONNREFUSED'), 'UNAVAILABLE', 'broken'],
  ['a reset', network('ECONNRESET'), 'LOST', 'doubtful'],
  ['a closed socket', network('UND_ERR_SOCKET'), 'LOST', 'doubtful'],
  ['503', http(503), 'UNAVAILABLE', 'intact'],
  ['502', http(502), 'LOST', 'doubtful'],
  ['401', http(401), 'UNAVAILABLE', 'intact'],
  ['404 with a session', http(404), 'UNAVAILABLE', 'session-gone'],
  ['400 with a session', http(400), 'UNAVAILABLE', 'session-gone'],
  ['something unknown', new Error('?'), 'LOST', 'doubtful'],
])('%s', (_, error, code, connection) => {
  expect(classifyError(error, true)).toMatchObject({ error: { code, cause: error }, connection });
});

it('a 404 without a session is an answer, not a lost session', () => {
  expect(classifyError(http(404), false)).toMatchObject({ error: { code: 'INVALID_RESULT' }, connection: 'intact' });
});
