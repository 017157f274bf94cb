import { OpenApiService } from '../src/openapi/openapi.service';
import { startTestGateway, testConfig } from './gateway-fixture';

// No server is needed: authentication comes before everything that asks one.

/** Public on purpose, each with the reason. */
const PUBLIC: readonly (string | RegExp)[] = ['/ok', '/info', '/openapi.json', '/livez', '/readyz', '/metrics', /^\/docs(\/|$)/];

describe('every route', () => {
  let gateway: Awaited<ReturnType<typeof startTestGateway>>;
  beforeAll(async () => {
    gateway = await startTestGateway(testConfig());
  }, 60_000);
  afterAll(() => gateway.close());

  const isPublic = (url: string): boolean => PUBLIC.some((known) => (typeof known === 'string' ? known === url : known.test(url)));
  const ask = (method: string, url: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(gateway.url + url.replace(/:\w+/g, '01890000-0000-7000-8000-000000000001'), {
      method,
      headers: { ...headers, ...(method === 'POST' || method === 'PATCH' ? { 'content-type': 'application/json' } : {}) },
      ...(method === 'POST' || method === 'PATCH' ? { body: '{' } : {}),
    });

  it('needs a key, before its body is looked at, unless it is public on purpose', async () => {
    const own = gateway.routes.filter(({ method, url }) => !['HEAD', 'OPTIONS'].includes(method) && !url.includes('*'));
    expect(own.length).toBeGreaterThan(45);
    const keys: Record<string, string>[] = [{}, { 'x-api-key': '' }, { authorization: 'Basic x' }];
    for (const { method, url } of own.filter((route) => !isPublic(route.url))) {
      for (const response of await Promise.all(keys.map((headers) => ask(method, url, headers)))) {
        expect([method, url, response.status]).toEqual([method, url, 401]);
        expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED', status: 401, detail: expect.any(String) });
      }
    }
  }, 60_000);

  it('answers 503 with Retry-After, never 500, when the key cannot be checked', async () => {
    const response = await ask('GET', '/threads/:id', { 'x-api-key': 'hf_0123456789ab_0123456789abcdef0123456789abcdef0123456789abcdef' });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await response.json()).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
  });

  it('is in the OpenAPI document, and nothing else is', async () => {
    const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as { openapi: string; paths: Record<string, Record<string, { security?: unknown[] }>> };
    expect(document.openapi).toBe('3.1.0');
    const described = Object.entries(document.paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
    const kit = new Set(['/livez', '/readyz', '/metrics']);
    const routed = gateway.routes
      .filter(({ method, url }) => !['HEAD', 'OPTIONS'].includes(method) && !url.startsWith('/docs') && !url.includes('*') && !kit.has(url))
      .map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`);
    expect(described.sort()).toEqual([...new Set(routed)].sort());
    expect(described.filter((operation) => /store|commands/.test(operation))).toEqual([]);
    const open = Object.entries(document.paths).flatMap(([path, operations]) => Object.values(operations).flatMap((o) => (o.security?.length === 0 ? [path] : [])));
    expect(open.sort()).toEqual(['/info', '/ok', '/openapi.json']);
  });

  it('describes only schemas that exist, and operations once', async () => {
    const document = gateway.app.get(OpenApiService).document();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref?.replace('#/components/schemas/', ''));
    expect(references.filter((name) => !Object.hasOwn(document.components.schemas, name ?? ''))).toEqual([]);
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((operation) => operation['operationId']));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('shows the documentation from this machine only', async () => {
    const page = await (await fetch(`${gateway.url}/docs`)).text();
    expect(page).toContain('Holdfast API');
    expect(page.match(/(src|href)="https?:/g)).toBeNull();
    expect((await fetch(`${gateway.url}/docs/swagger-ui-bundle.js`)).status).toBe(200);
  });

  it.each(['/store/items', '/threads/01890000-0000-7000-8000-000000000001/commands'])('%s is not there yet: a 404 problem', async (path) => {
    const response = await ask('POST', path, { 'x-api-key': 'x' });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it('says that it is alive but not ready', async () => {
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
    const response = await fetch(`${gateway.url}/readyz`);
    expect(response.status).toBe(503);
    expect(((await response.json()) as { missing: { name: string }[] }).missing.map(({ name }) => name).sort()).toEqual(['nats', 'postgresql', 'temporal']);
  });

  it('lets other origins call and read our headers, without credentials', async () => {
    const response = await fetch(`${gateway.url}/ok`, { headers: { origin: 'https://evil.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('access-control-expose-headers')).toContain('Content-Location');
    const preflight = await fetch(`${gateway.url}/threads`, { method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key,content-type' } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-api-key');
  });
});
