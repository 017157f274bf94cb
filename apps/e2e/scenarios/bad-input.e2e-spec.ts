import { randomUUID } from 'node:crypto';
import { asTenant } from '../src/database';
import { problemOf, send, type Problem, type RawRequest } from '../src/http';
import { fillPath, readOperations, type Operation } from '../src/openapi';
import { eachOf } from '../src/pool';
import { aTenant, type TestTenant } from '../src/tenant';
import { changes, makeObjects, pathValues, snapshot, validBodies, type Objects } from '../src/valid-requests';

const CONCURRENCY = 6;

interface Case {
  /** For the message when it fails. */
  readonly what: string;
  readonly request: RawRequest;
  /** Must be named in `errors`. */
  readonly field?: string;
  readonly status?: number;
  readonly code?: string;
}

describe('bad input', () => {
  let tenant: TestTenant;
  let objects: Objects;
  let operations: Operation[];
  let bodies: Readonly<Record<string, unknown>>;
  let before: readonly string[];

  beforeAll(async () => {
    tenant = await aTenant('bad-input');
    objects = await makeObjects(tenant);
    operations = await readOperations();
    bodies = validBodies(objects);
    before = await snapshot(tenant.tenantId);
  });

  /** Sends all cases; each must be refused as it says, and nothing may have been written by any of them. */
  async function refused(cases: readonly Case[]): Promise<void> {
    expect(cases.length).toBeGreaterThan(0);
    const faults = (await eachOf(cases, CONCURRENCY, faultOf)).filter((fault) => fault !== undefined);
    expect(faults.slice(0, 15)).toEqual([]);
    expect(changes(before, await snapshot(tenant.tenantId))).toEqual([]);
  }

  async function faultOf({ what, request, field, status, code }: Case): Promise<string | undefined> {
    const answer = await send({ apiKey: tenant.apiKey, ...request });
    const name = `${what}: ${request.method} ${request.path.slice(0, 120)} → ${answer.status} ${answer.text.slice(0, 180)}`;
    if (answer.status < 400 || answer.status > 499) return name;
    let problem: Problem;
    try {
      problem = problemOf(answer);
    } catch (error) {
      return `${name} (${String(error)})`;
    }
    if (status !== undefined && problem.status !== status) return `${name} (not ${status})`;
    if (code !== undefined && problem.code !== code) return `${name} (not ${code})`;
    // the batch puts the index before the field
    const named = problem.errors?.map(({ path }) => path.replace(/^\d+\./, '')).some((path) => path === field || path.startsWith(`${field}.`) || path.endsWith(`.${field}`));
    return field === undefined || named === true ? undefined : `${name} (does not name ${field})`;
  }

  const withBody = (): (Operation & { body: NonNullable<Operation['body']> })[] =>
    operations.flatMap((operation) => (operation.body === undefined ? [] : [{ ...operation, body: operation.body }]));
  const request = (operation: Operation, rest: Partial<RawRequest> = {}): RawRequest => ({
    method: operation.method,
    path: fillPath(operation.path, pathValues(objects)),
    ...rest,
  });
  const valid = (operation: Operation): unknown => {
    if (!(operation.id in bodies)) throw new Error(`no valid body for ${operation.id}: add it to src/valid-requests.ts`);
    return bodies[operation.id];
  };
  /** The operation's valid body with fields added. */
  const bodyWith = (operation: Operation, fields: Record<string, unknown>): unknown => {
    const body = valid(operation);
    return Array.isArray(body) ? [{ ...(body[0] as object), ...fields }] : { ...(body as object), ...fields };
  };

  it('the document describes the valid bodies', () => {
    expect(withBody().length).toBeGreaterThan(20);
    for (const operation of withBody()) expect({ id: operation.id, ok: operation.body.accepts(valid(operation)) }).toEqual({ id: operation.id, ok: true });
  });

  it('malformed JSON', async () => {
    const texts: (string | Uint8Array<ArrayBuffer>)[] = ['{', '{"a":', 'nonsense', '{"a":1}}', '{"a":1}{"b":2}', "{'a':1}", '{"a":1,}', '{"a":NaN}', '\u0001', '{"a":"\t"}', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])];
    await refused(
      withBody().flatMap((operation) => texts.map((body) => ({ what: `malformed ${String(body).slice(0, 20)}`, request: request(operation, { body }), status: 400, code: 'MALFORMED_JSON' }))),
    );
  });

  it('a body of another kind', async () => {
    const values = ['text', 42, true, null, [], {}, [[]], [null]];
    await refused(
      withBody().flatMap((operation) =>
        values
          .filter((value) => !operation.body.accepts(value) && !(value === null && operation.body.accepts({})))
          .map((value) => ({ what: `body ${JSON.stringify(value)}`, request: request(operation, { body: JSON.stringify(value) }) })),
      ),
    );
  });

  it('unknown fields', async () => {
    await refused(
      withBody()
        .filter((operation) => operation.body.isClosed)
        .map((operation) => ({ what: 'unknown field', request: request(operation, { json: bodyWith(operation, { surprise_field: 1 }) }), field: 'surprise_field' })),
    );
    expect(withBody().filter((operation) => !operation.body.isClosed).map((operation) => operation.id)).toEqual([]);
  });

  it('wrong types in every field of every endpoint', async () => {
    const values = [12.5, -1, 'wrong', '', true, [], [[]], [1], {}, { wrong: 1 }, null];
    const cases = withBody().flatMap((operation) =>
      operation.body.fields.flatMap((field) =>
        values
          .map((value) => ({ value, json: bodyWith(operation, { [field]: value }) }))
          .filter(({ json }) => !operation.body.accepts(json))
          .map(({ value, json }) => ({ what: `${field}: ${JSON.stringify(value)}`, request: request(operation, { json }), field })),
      ),
    );
    expect(cases.length).toBeGreaterThan(500);
    await refused(cases);
  });

  it('wrong types deep inside', async () => {
    const nested: [string, Record<string, unknown>][] = [
      ['config.recursion_limit', { config: { recursion_limit: 0 } }],
      ['config.recursion_limit', { config: { recursion_limit: 2.5 } }],
      ['config.recursion_limit', { config: { recursion_limit: 1e9 } }],
      ['config.tags', { config: { tags: 'x' } }],
      ['config.tags', { config: { tags: [1] } }],
      ['config.configurable', { config: { configurable: [] } }],
      ['checkpoint', { checkpoint: { checkpoint_id: 'x' } }],
      ['surprise', { checkpoint: { surprise: 1 } }],
      ['surprise', { command: { surprise: 1 } }],
      ['command', { command: { goto: 7 } }],
      ['command', { command: { update: 'x' } }],
      ['after_seconds', { after_seconds: 1e12 }],
      ['run_id', { run_id: 'not-a-uuid' }],
      ['assistant_id', { assistant_id: 'x'.repeat(5_000) }],
    ];
    const operation = withBody().find(({ id }) => id === 'createRun');
    if (operation === undefined) throw new Error('no createRun');
    await refused(nested.map(([field, fields]) => ({ what: JSON.stringify(fields), request: request(operation, { json: bodyWith(operation, fields) }), field })));
  });

  it('bodies that are too large, too deep or too wide', async () => {
    const large = JSON.stringify({ metadata: { text: 'x'.repeat(5 * 1024 * 1024) } });
    const deep = `{"metadata":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`;
    const deepArray = `{"metadata":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    const wide = JSON.stringify({ metadata: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n])) });
    const kinds: [string, string, number, string][] = [
      ['5 MB', large, 413, 'BODY_TOO_LARGE'],
      ['10,000 objects deep', deep, 422, 'BODY_TOO_COMPLEX'],
      ['10,000 arrays deep', deepArray, 422, 'BODY_TOO_COMPLEX'],
      ['20,000 keys', wide, 422, 'BODY_TOO_COMPLEX'],
    ];
    await refused(withBody().flatMap((operation) => kinds.map(([what, body, status, code]) => ({ what, request: request(operation, { body }), code, ...(status === 413 ? { status } : {}) }))));
  });

  it('texts that cannot be stored', async () => {
    const poison: [string, string][] = [
      ['NUL in a value', '{"metadata":{"a":"x\\u0000y"}}'],
      ['NUL in a key', '{"metadata":{"x\\u0000y":1}}'],
      ['high surrogate alone', '{"metadata":{"a":"x\\ud834y"}}'],
      ['low surrogate alone', '{"metadata":{"a":"\\udd1e"}}'],
      ['surrogate in a key', '{"metadata":{"\\ud834":1}}'],
      ['number beyond range', '{"metadata":{"a":1e999}}'],
      ['__proto__', '{"metadata":{"__proto__":{"admin":true}}}'],
      ['NUL inside a list', '{"metadata":{"a":[["\\u0000"]]}}'],
    ];
    const merged = (operation: Operation, text: string): string => {
      const body = JSON.stringify(valid(operation));
      const inner = text.slice(1, -1);
      // last, because the last of two equal keys counts
      const object = (json: string): string => (json === '{}' ? `{${inner}}` : `${json.slice(0, -1)},${inner}}`);
      return body.startsWith('[') ? `[${object(body.slice(1, -1))}]` : object(body);
    };
    const withMetadata = withBody().filter((operation) => operation.body.fields.includes('metadata'));
    expect(withMetadata.length).toBeGreaterThan(12);
    const cases = withMetadata.flatMap((operation) => poison.map(([what, text]) => ({ what, request: request(operation, { body: merged(operation, text) }), code: 'INVALID_ARGUMENT' })));
    const runs = withBody().filter((operation) => operation.id === 'createRun' || operation.id === 'waitRun');
    const inputs = runs.flatMap((operation) =>
      poison.map(([what, text]) => ({ what: `input: ${what}`, request: request(operation, { body: `{"assistant_id":"three-calls","input":${text.slice(12, -1)}}` }), field: 'input' })),
    );
    await refused([...cases, ...inputs]);
  });

  it('other content types', async () => {
    const body = '{}';
    const types = ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/octet-stream', 'garbage'];
    await refused(
      withBody().flatMap((operation) => types.map((type) => ({ what: type, request: request(operation, { body, headers: { 'content-type': type } }), status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' }))),
    );
  });

  it('ids that are none, in paths', async () => {
    const ids = ['not-a-uuid', '00000000', `${objects.threadId}x`, '..%2f..%2fetc', '%00', 'a%00b', '%ff', "'; DROP TABLE executions.runs; --", '🐦', 'x'.repeat(3_000)];
    const cases = operations.flatMap((operation) =>
      operation.parameters
        .filter((parameter) => parameter.in === 'path' && parameter.name !== 'assistant_id' && parameter.name !== 'namespace')
        .flatMap((parameter) =>
          ids.map((id) => {
            const marked = fillPath(operation.path, { ...pathValues(objects), [parameter.name]: 'MARK' });
            const path = marked.replace('MARK', id.includes('%') ? id : encodeURIComponent(id));
            const json = operation.body === undefined ? undefined : valid(operation);
            return { what: `${parameter.name} ${id.slice(0, 30)}`, request: { method: operation.method, path, json } };
          }),
        ),
    );
    expect(cases.length).toBeGreaterThan(200);
    await refused(cases);
    const named = cases.filter(({ what }) => /^\w+ not-a-uuid$/.test(what)).map((each) => ({ ...each, field: each.what.split(' ')[0] ?? '' }));
    await refused(named);
  });

  it('assistants and graphs that are not there', async () => {
    const unknown = ['no-such-graph', randomUUID(), 'PLAN-EXECUTE-REVIEW', "x'--", 'a/b', '%00'];
    const creating = withBody().filter((operation) => operation.body.fields.includes('assistant_id') && operation.body.fields.includes('input'));
    expect(creating.length).toBe(9);
    const inBodies = creating.flatMap((operation) => unknown.map((name) => ({ what: `assistant ${name}`, request: request(operation, { json: bodyWith(operation, { assistant_id: name }) }), status: 404 })));
    const inPaths = operations
      .filter((operation) => operation.path.includes('{assistant_id}'))
      .flatMap((operation) =>
        unknown.map((name) => ({
          what: `assistant ${name}`,
          request: { method: operation.method, path: fillPath(operation.path, { ...pathValues(objects), assistant_id: name }), json: operation.body === undefined ? undefined : valid(operation) },
          status: 404,
        })),
      );
    const graphs = ['no-such-graph', 'x'.repeat(199)].map((graph) => ({ what: `graph ${graph}`, request: { method: 'POST', path: '/assistants', json: { graph_id: graph } }, field: 'graph_id' }));
    await refused([...inBodies, ...inPaths, ...graphs]);
  });

  it('queries and headers that make no sense', async () => {
    const thread = `/threads/${objects.threadId}`;
    const run = `${thread}/runs/${objects.runId}`;
    const queries: [string, string, string?][] = [
      ['GET', `${thread}/runs?limit=-1`, 'limit'],
      ['GET', `${thread}/runs?limit=0`, 'limit'],
      ['GET', `${thread}/runs?limit=ten`, 'limit'],
      ['GET', `${thread}/runs?limit=1e3`, 'limit'],
      ['GET', `${thread}/runs?limit=99999999999999999999`, 'limit'],
      ['GET', `${thread}/runs?limit=1&limit=2`, 'limit'],
      ['GET', `${thread}/runs?offset=-1`, 'offset'],
      ['GET', `${thread}/runs?status=nonsense`, 'status'],
      ['GET', `${thread}/runs?status=%00`, 'status'],
      ['GET', `${thread}/runs?select=password`, 'select'],
      ['GET', `${thread}/history?before=yesterday`, 'before'],
      ['GET', `${thread}/state?subgraphs=perhaps`, 'subgraphs'],
      ['GET', `${run}/stream?stream_mode=nonsense`, 'stream_mode'],
      ['GET', `${run}/join?cancel_on_disconnect=perhaps`, 'cancel_on_disconnect'],
      ['POST', `${run}/cancel?action=explode`, 'action'],
      ['POST', `${run}/cancel?wait=perhaps`, 'wait'],
      ['POST', '/runs/cancel?action=explode', 'action'],
      ['DELETE', `/assistants/${objects.assistantId}?delete_threads=perhaps`, 'delete_threads'],
      ['GET', `/assistants/${objects.assistantId}/graph?xray=deep`, 'xray'],
    ];
    const headers: Case[] = ['nonsense', '1', '1.1~', '1.1~x', '9999999999.1', "1.1~1.1:1e'", '-2', '1.1.1'].map((id) => ({
      what: `Last-Event-ID ${id}`,
      request: { method: 'GET', path: `${run}/stream`, headers: { 'last-event-id': id } },
      field: 'Last-Event-ID',
    }));
    const keys: Case[] = ['', 'x'.repeat(300), 'two words'].map((key) => ({
      what: `Idempotency-Key ${key.slice(0, 20)}`,
      request: { method: 'POST', path: '/runs', json: bodies['createStatelessRun'], headers: { 'idempotency-key': key } },
      field: 'Idempotency-Key',
    }));
    await refused([...queries.map(([method, path, field]) => ({ what: 'query', request: { method, path, json: method === 'POST' && path.startsWith('/runs/cancel') ? bodies['cancelRuns'] : undefined }, ...(field === undefined ? {} : { field }) })), ...headers, ...keys]);
  });

  it('methods and paths that are not there', async () => {
    const cases: Case[] = [
      { what: 'PUT', request: { method: 'PUT', path: '/threads', json: {} } },
      { what: 'DELETE', request: { method: 'DELETE', path: '/threads' } },
      { what: 'no such path', request: { method: 'GET', path: '/nothing/here' }, status: 404 },
      { what: 'broken escape', request: { method: 'GET', path: '/threads/%zz' } },
      { what: 'double slash', request: { method: 'GET', path: '//threads//' } },
      { what: 'long path', request: { method: 'GET', path: `/${'x'.repeat(9_000)}` } },
    ];
    await refused(cases);
  });

  it('what came before is still served, and no process died', async () => {
    expect(await tenant.client.runs.wait(objects.threadId, 'three-calls', { input: { input: 'still here' } })).toMatchObject({ input: 'still here' });
    const open = await asTenant(tenant.tenantId, (owner) => owner.query(`SELECT run_id FROM executions.runs WHERE tenant_id = $1 AND status IN ('pending', 'running')`, [tenant.tenantId]));
    expect(open.rows).toEqual([]);
  });
});
