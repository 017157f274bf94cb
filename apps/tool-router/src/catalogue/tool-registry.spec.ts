import { parseCatalogue } from './catalogue.loader';
import { ToolRegistry, type ToolSource } from './tool-registry';

const schema = { type: 'object' as const };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The pool as the registry sees it, with lists that a test sets. */
class FakeSource implements ToolSource {
  readonly lists = new Map<string, object[]>();
  #listener = (): void => undefined;

  get(slug: string): ReturnType<ToolSource['get']> {
    return { tools: this.lists.get(slug) } as unknown as ReturnType<ToolSource['get']>;
  }

  onChange(listener: () => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  set(slug: string, ...tools: object[]): void {
    this.lists.set(slug, tools);
    this.#listener();
  }
}

function registryOf(tools: Record<string, object>, source = new FakeSource()) {
  const http = { transport: { kind: 'streamable-http', url: 'http://127.0.0.1:1/' }, isolation: 'shared' };
  const catalogue = parseCatalogue('c', JSON.stringify({ servers: { s: { ...http, tools } }, grants: [] }), {});
  return { source, registry: new ToolRegistry(catalogue, source, silent) };
}

const read = { read: { effect: 'read' } };
const definition = { name: 'read', description: 'd', inputSchema: schema };

it('knows names before the server says anything, and definitions after', () => {
  const { registry, source } = registryOf(read);
  const tool = registry.resolve('s__read');
  if (tool === undefined) throw new Error('not resolved');
  expect([registry.contract(tool), registry.isKnown('s')]).toEqual([undefined, false]);
  source.set('s', definition);
  expect(registry.contract(tool)?.definition).toMatchObject({ name: 's__read', description: 'd' });
  expect(registry.isKnown('s')).toBe(true);
});

it('takes nothing from a server that the catalogue does not name', () => {
  const { registry, source } = registryOf(read);
  source.set('s', definition, { ...definition, name: 'format_disk' });
  expect([...registry.all()].map((tool) => tool.name)).toEqual(['s__read']);
  expect(registry.resolve('s__format_disk')).toBeUndefined();
});

it('drops a definition that cannot be used, and keeps the others', () => {
  const { registry, source } = registryOf({ ...read, odd: { effect: 'read' } });
  source.set('s', definition, { name: 'odd', inputSchema: { ...schema, properties: { a: { $ref: 'https://example.com/x' } } } });
  const [good, odd] = [...registry.all()];
  expect(good && registry.contract(good)).toBeDefined();
  expect(odd && registry.contract(odd)).toBeUndefined();
});

it('changes its version exactly when a definition changes', () => {
  const { registry, source } = registryOf(read);
  const versions = [registry.version];
  source.set('s', definition);
  versions.push(registry.version);
  source.set('s', { ...definition });
  expect(registry.version).toBe(versions[1]);
  source.set('s', { ...definition, description: 'now with side effects' });
  versions.push(registry.version);
  source.set('s');
  versions.push(registry.version);
  expect(new Set(versions).size).toBe(3);
  expect(versions[3]).toBe(versions[0]);
});

it('keeps tools apart whose names would be mended to the same', () => {
  const { registry } = registryOf({ 'a.b': { effect: 'read' }, a_b: { effect: 'read' } });
  expect(new Set([...registry.all()].map((tool) => tool.name)).size).toBe(2);
});
