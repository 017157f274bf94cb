import { randomUUID } from 'node:crypto';
import { subjectToken } from '@holdfast/contracts/nats';
import { readJournal } from '../src/database';
import { readFacts } from '../src/fact-stream';
import { problemOf, send, type RawRequest } from '../src/http';
import { fillPath, readOperations, type Operation } from '../src/openapi';
import { aTenant, type TestTenant } from '../src/tenant';
import { changes, makeObjects, pathValues, snapshot, validBodies, type Objects } from '../src/valid-requests';
import { waitUntil } from '../src/wait-until';

/** Operations that take ids of objects in their body and pass over those that are not the caller's. */
const PASSES_OVER = new Set(['pruneThreads']);

describe('tenant B among the objects of tenant A', () => {
  const marker = `secret-${randomUUID()}`;
  let a: TestTenant;
  let b: TestTenant;
  let objectsOfA: Objects;
  let objectsOfB: Objects;
  let operations: Operation[];
  let before: readonly string[];

  beforeAll(async () => {
    [a, b] = await Promise.all([aTenant('tenant-a'), aTenant('tenant-b')]);
    [objectsOfA, objectsOfB] = await Promise.all([makeObjects(a, { marker }), makeObjects(b)]);
    await a.client.runs.wait(objectsOfA.threadId, 'three-calls', { input: { input: marker }, metadata: { marker } });
    await a.client.assistants.update(objectsOfA.assistantId, { name: marker, config: { configurable: { marker } } });
    operations = (await readOperations()).filter((operation) => !operation.isPublic);
    await waitUntil('all facts of A are relayed', async () => (await readJournal(a.tenantId)).every((row) => row.published_at !== null));
    before = await snapshot(a.tenantId);
  });

  const ids = (objects: Objects): string[] => [objects.threadId, objects.runId, objects.assistantId, objects.approvalId, objects.cronId];
  /** Sends it as B and looks for anything of A in the whole answer. */
  const asB = async (request: RawRequest): Promise<{ status: number; text: string; code: string | undefined }> => {
    const answer = await send({ apiKey: b.apiKey, ...request });
    const headers = JSON.stringify([...answer.headers]);
    expect(`${request.method} ${request.path} ${headers} ${answer.text}`).not.toContain(marker);
    return { status: answer.status, text: answer.text, code: answer.status < 400 ? undefined : problemOf(answer).code };
  };

  it('there is something to see', async () => {
    const seen = await send({ method: 'GET', path: `/threads/${objectsOfA.threadId}/runs`, apiKey: a.apiKey });
    expect(seen.text).toContain(marker);
    expect(operations.length).toBeGreaterThan(40);
  });

  it('every path that names an object of A answers 404', async () => {
    const named = operations.filter((operation) => operation.path.includes('{'));
    const outcomes: string[] = [];
    for (const operation of named) {
      const json = operation.body === undefined ? undefined : validBodies(objectsOfB)[operation.id];
      const answer = await asB({ method: operation.method, path: fillPath(operation.path, pathValues(objectsOfA)), json });
      if (answer.status !== 404 || answer.code !== 'NOT_FOUND') outcomes.push(`${operation.method} ${operation.path} → ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    expect(outcomes).toEqual([]);
  });

  it('a path that mixes objects of A and B answers 404', async () => {
    const outcomes: string[] = [];
    const bodies = validBodies(objectsOfB);
    for (const operation of operations.filter(({ path }) => path.includes('{run_id}') && path.includes('{thread_id}'))) {
      for (const mixed of [
        { thread_id: objectsOfB.threadId, run_id: objectsOfA.runId },
        { thread_id: objectsOfA.threadId, run_id: objectsOfB.runId },
      ]) {
        const answer = await asB({ method: operation.method, path: fillPath(operation.path, mixed), ...(bodies[operation.id] === undefined ? {} : { json: bodies[operation.id] }) });
        if (answer.status !== 404) outcomes.push(`${operation.method} ${operation.path} → ${answer.status}`);
      }
    }
    const mixedState = await asB({ method: 'GET', path: `/threads/${objectsOfB.threadId}/state/${objectsOfA.checkpointId}` });
    expect(mixedState.status).toBe(404);
    expect(outcomes).toEqual([]);
  });

  it('every body that names an object of A is refused, or does nothing', async () => {
    const bodies = validBodies(objectsOfA);
    const naming = operations.filter((operation) => operation.body !== undefined && !operation.path.includes('{') && ids(objectsOfA).some((id) => JSON.stringify(bodies[operation.id]).includes(id)));
    expect(naming.map(({ id }) => id).sort()).toEqual(['cancelRuns', 'pruneThreads']);
    for (const operation of naming) {
      const answer = await asB({ method: operation.method, path: operation.path, json: bodies[operation.id] });
      if (PASSES_OVER.has(operation.id)) expect(JSON.parse(answer.text)).toEqual({ pruned_count: 0 });
      else expect(answer).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
    const run = { assistant_id: objectsOfA.assistantId, input: { input: 'x' } };
    for (const operation of operations.filter(({ body }) => body?.fields.includes('assistant_id') === true && body.fields.includes('input'))) {
      const json = operation.body?.isArray === true ? [run] : { ...(bodies[operation.id] as object), ...run };
      expect(await asB({ method: operation.method, path: fillPath(operation.path, pathValues(objectsOfB)), json })).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
    const fork = { assistant_id: 'three-calls', input: null, checkpoint_id: objectsOfA.checkpointId };
    const forked = await asB({ method: 'POST', path: `/threads/${objectsOfB.threadId}/runs/wait`, json: fork });
    expect(forked.text).not.toContain('made for a test"],"secret');
  });

  it('no list, search or count shows anything of A', async () => {
    const bodies = validBodies(objectsOfB);
    const lists = operations.filter((operation) => !operation.path.includes('{') && /search|count|list/i.test(operation.id));
    expect(lists.length).toBeGreaterThanOrEqual(4);
    for (const operation of lists) {
      const filters = [{ metadata: { marker } }, ...(operation.id === 'searchThreads' ? [{ ids: [objectsOfA.threadId] }, { values: { input: marker } }] : [])];
      for (const extra of [{}, ...(operation.body === undefined ? [] : filters)]) {
        const json = operation.body === undefined ? undefined : { ...(bodies[operation.id] as object), ...extra };
        const answer = await send({ method: operation.method, path: operation.path, apiKey: b.apiKey, json });
        expect(answer.status).toBe(200);
        for (const id of [marker, ...ids(objectsOfA)]) expect(answer.text).not.toContain(id);
        if (Object.keys(extra).length > 0) expect(['[]', '0']).toContain(answer.text);
      }
    }
  });

  it('ids that B takes over from A make objects of B', async () => {
    const thread = await asB({ method: 'POST', path: '/threads', json: { thread_id: objectsOfA.threadId, if_exists: 'do_nothing' } });
    expect(JSON.parse(thread.text)).toMatchObject({ thread_id: objectsOfA.threadId, values: null });
    const assistant = await asB({ method: 'POST', path: '/assistants', json: { assistant_id: objectsOfA.assistantId, graph_id: 'three-calls', if_exists: 'do_nothing' } });
    expect(JSON.parse(assistant.text)).toMatchObject({ assistant_id: objectsOfA.assistantId, version: 1 });
    const run = { assistant_id: 'three-calls', run_id: objectsOfA.runId, input: { input: 'of B' } };
    const result = await asB({ method: 'POST', path: `/threads/${objectsOfA.threadId}/runs/wait`, json: run });
    expect(JSON.parse(result.text)).toMatchObject({ input: 'of B' });
    const stream = await asB({ method: 'GET', path: `/threads/${objectsOfA.threadId}/runs/${objectsOfA.runId}/stream?stream_mode=values` });
    expect(stream.text).toContain('Echo: three of B');
    await asB({ method: 'DELETE', path: `/threads/${objectsOfA.threadId}` });
    await asB({ method: 'DELETE', path: `/assistants/${objectsOfA.assistantId}` });
  });

  it('A has what it had', async () => {
    expect(changes(before, await snapshot(a.tenantId))).toEqual([]);
    expect(await a.client.runs.join(objectsOfA.threadId, objectsOfA.runId)).toMatchObject({ input: 'made for a test' });
  });

  it('facts carry their tenant in subject and envelope', async () => {
    for (const [tenant, other] of [[a, b], [b, a]] as const) {
      await waitUntil('all facts are relayed', async () => (await readJournal(tenant.tenantId)).every((row) => row.published_at !== null));
      const facts = await readFacts(tenant.tenantId);
      expect(facts.length).toBe((await readJournal(tenant.tenantId)).length);
      expect(new Set(facts.map(({ event }) => event.tenantid))).toEqual(new Set([tenant.tenantId]));
      expect(facts.some(({ subject }) => subject.includes(subjectToken(other.tenantId)))).toBe(false);
      expect(JSON.stringify(facts).includes(marker)).toBe(tenant === a);
    }
  });
});
