import { randomUUID } from 'node:crypto';
import { problemFrom } from '../src/http';
import { aTenant, type TestTenant } from '../src/tenant';

const GRAPH = 'plan-execute-review';

describe('assistants through the SDK', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('assistants');
  });

  it('has a system assistant per graph, reachable by name and by id', async () => {
    const { client } = tenant;
    const all = await client.assistants.search({ limit: 100 });
    const system = all.find((assistant) => assistant.graph_id === GRAPH);
    expect(system).toMatchObject({ name: GRAPH, version: 1, metadata: { created_by: 'system' } });
    const byName = await client.assistants.get(GRAPH);
    expect(byName).toEqual(system);
    expect(await client.assistants.get(byName.assistant_id)).toEqual(byName);
  });

  it('creates, and refuses to create twice', async () => {
    const { client } = tenant;
    const assistantId = randomUUID();
    const fields = { graphId: GRAPH, assistantId, name: 'Librarian', description: 'Reads READMEs', config: { configurable: { tools: ['filesystem__*'] } }, metadata: { team: 'docs' } };
    const created = await client.assistants.create(fields);
    expect(created).toMatchObject({
      assistant_id: assistantId,
      graph_id: GRAPH,
      name: 'Librarian',
      description: 'Reads READMEs',
      version: 1,
      config: { configurable: { tools: ['filesystem__*'] } },
      metadata: { team: 'docs' },
    });
    expect(await problemFrom(client.assistants.create(fields))).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect(await client.assistants.create({ ...fields, name: 'Other', ifExists: 'do_nothing' })).toEqual(created);
  });

  it('refuses an assistant of a graph that nobody runs', async () => {
    const problem = await problemFrom(tenant.client.assistants.create({ graphId: 'no-such-graph' }));
    expect([404, 422]).toContain(problem.status);
    expect(JSON.stringify(problem)).toContain('graph');
  });

  it('makes a version of every update, and goes back to an old one', async () => {
    const { client } = tenant;
    const { assistant_id: id } = await client.assistants.create({ graphId: GRAPH, name: 'First', metadata: { a: 1 } });
    const second = await client.assistants.update(id, { name: 'Second', config: { tags: ['x'] }, metadata: { b: 2 } });
    expect(second).toMatchObject({ assistant_id: id, version: 2, name: 'Second', config: { tags: ['x'] }, metadata: { a: 1, b: 2 } });
    await client.assistants.update(id, { graphId: 'three-calls' });
    const versions = await client.assistants.getVersions(id);
    expect(versions.map(({ version, name, graph_id: graph }) => [version, name, graph])).toEqual([
      [3, 'Second', 'three-calls'],
      [2, 'Second', GRAPH],
      [1, 'First', GRAPH],
    ]);
    expect(await client.assistants.getVersions(id, { limit: 1, offset: 1 })).toEqual([versions[1]]);
    expect(await client.assistants.setLatest(id, 1)).toMatchObject({ version: 1, name: 'First', graph_id: GRAPH });
    expect(await client.assistants.get(id)).toMatchObject({ version: 1, name: 'First', graph_id: GRAPH });
    // a version that was left is not lost, and the next one gets a number of its own
    expect(await client.assistants.update(id, { name: 'Fourth' })).toMatchObject({ version: 4, name: 'Fourth' });
    expect(await problemFrom(client.assistants.setLatest(id, 99))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('searches, counts, sorts and pages', async () => {
    const { client } = await aTenant('assistant-search');
    for (const name of ['alpha', 'beta', 'gamma']) {
      await client.assistants.create({ graphId: 'three-calls', name: `search ${name}`, metadata: { shelf: name, kind: 'book' } });
    }
    const named = await client.assistants.search({ name: 'SEARCH', sortBy: 'name', sortOrder: 'asc' });
    expect(named.map((assistant) => assistant.name)).toEqual(['search alpha', 'search beta', 'search gamma']);
    expect((await client.assistants.search({ metadata: { shelf: 'beta' } })).map((assistant) => assistant.name)).toEqual(['search beta']);
    expect(await client.assistants.search({ metadata: { shelf: 'beta', kind: 'film' } })).toEqual([]);
    expect((await client.assistants.search({ graphId: GRAPH })).map((assistant) => assistant.name)).toEqual([GRAPH]);
    const page = await client.assistants.search({ name: 'search', sortBy: 'name', sortOrder: 'desc', limit: 2, offset: 1, includePagination: true });
    expect(page.assistants.map((assistant) => assistant.name)).toEqual(['search beta', 'search alpha']);
    expect(page.next).toBeNull();
    const first = await client.assistants.search({ name: 'search', limit: 2, includePagination: true });
    expect(first.next).toBe('2');
    expect(Object.keys((await client.assistants.search({ name: 'alpha', select: ['assistant_id', 'name'] }))[0] ?? {}).sort()).toEqual(['assistant_id', 'name']);
    expect(await client.assistants.count({ metadata: { kind: 'book' } })).toBe(3);
  });

  it('shows the graph and its schemas', async () => {
    const { client } = tenant;
    const graph = await client.assistants.getGraph(GRAPH);
    const nodes = graph.nodes.map((node) => String(node.id)).sort();
    expect(nodes).toEqual(['__end__', '__start__', 'execute', 'plan', 'review', 'tools']);
    const edges = graph.edges.map(({ source, target, conditional }) => `${source}>${target}${conditional === true ? '?' : ''}`).sort();
    expect(edges).toEqual(['__start__>plan', 'execute>review?', 'execute>tools?', 'plan>execute', 'review>__end__?', 'review>execute?', 'tools>execute']);
    const schemas = await client.assistants.getSchemas(GRAPH);
    expect(schemas.graph_id).toBe(GRAPH);
    expect(schemas.input_schema).toMatchObject({ properties: { messages: { type: 'array' } } });
    expect(schemas.state_schema).toMatchObject({ properties: { verdict: {}, rounds: {} } });
    expect(schemas.config_schema).toMatchObject({ properties: { tools: {} } });
    expect(await client.assistants.getSubgraphs(GRAPH)).toEqual({});
  });

  it('deletes, and the id is then unknown everywhere', async () => {
    const { client } = tenant;
    const { assistant_id: id } = await client.assistants.create({ graphId: GRAPH, name: 'Short-lived' });
    await client.assistants.delete(id);
    for (const call of [
      () => client.assistants.get(id),
      () => client.assistants.update(id, { name: 'x' }),
      () => client.assistants.delete(id),
      () => client.assistants.getVersions(id),
      () => client.assistants.getGraph(id),
      () => client.assistants.getSchemas(id),
      () => client.assistants.setLatest(id, 1),
      () => client.runs.create(null, id, { input: { input: 'x' } }),
    ]) {
      expect(await problemFrom(call())).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  });

  it('applies the configuration of an assistant to its runs', async () => {
    const { client } = tenant;
    const { assistant_id: id } = await client.assistants.create({ graphId: GRAPH, config: { configurable: { tools: ['filesystem__*'] } } });
    const question = { messages: [{ role: 'user', content: 'echo hello' }] };
    const without = await client.runs.wait(null, id, { input: question });
    const withEcho = await client.runs.wait(null, GRAPH, { input: question });
    // the echo tool is of another server: this assistant may not use it
    expect(toolNames(without)).toEqual([]);
    expect(toolNames(withEcho)).toEqual(['everything__echo']);
  });
});

function toolNames(values: unknown): (string | undefined)[] {
  const { messages } = values as { messages: { type: string; name?: string }[] };
  return messages.filter((message) => message.type === 'tool').map((message) => message.name);
}
