import type { TenantContext } from '@holdfast/tenant-context';
import fc from 'fast-check';
import { compileGrants, decide, type Grant } from './decide';
import { compileGlob } from './glob';

const tenantA = '0198f1c0-0000-7000-8000-00000000000a';
const ctx = (over: Partial<TenantContext> = {}): TenantContext => ({ tenantId: tenantA, principalId: 'p', roles: [], requestId: 'r', ...over });
const read = { server: 'fs', tool: 'read' };
const allowed = (grants: Grant[], context = ctx(), tool = read): boolean => decide(context, tool, compileGrants(grants)).allowed;

it('refuses without a rule, allows by one, and a deny wins wherever it stands', () => {
  const allow: Grant = { effect: 'allow', tools: ['fs/*'] };
  const deny: Grant = { effect: 'deny', tools: ['fs/read'] };
  expect(decide(ctx(), read, [])).toEqual({ allowed: false, rule: undefined, reason: 'not-granted' });
  expect(decide(ctx(), read, compileGrants([allow]))).toEqual({ allowed: true, rule: 0 });
  expect(decide(ctx(), read, compileGrants([allow, deny]))).toEqual({ allowed: false, rule: 1, reason: 'denied' });
  expect(allowed([deny, allow])).toBe(false);
  expect(allowed([deny, allow], ctx(), { server: 'fs', tool: 'write' })).toBe(true);
});

it('needs every given field to match', () => {
  const grant: Grant = { effect: 'allow', tools: ['*'], tenants: [tenantA], principals: ['system:*'], roles: ['developer', 'ops'] };
  expect(allowed([grant], ctx({ principalId: 'system:run', roles: ['x', 'ops'] }))).toBe(true);
  expect(allowed([grant], ctx({ principalId: 'system:run', roles: [] }))).toBe(false);
  expect(allowed([grant], ctx({ principalId: 'key:1', roles: ['ops'] }))).toBe(false);
  expect(allowed([grant], ctx({ tenantId: tenantA.replace('a', 'b'), principalId: 'system:run', roles: ['ops'] }))).toBe(false);
});

it('an empty list matches nothing', () => {
  expect(allowed([{ effect: 'allow', tools: [] }])).toBe(false);
  expect(allowed([{ effect: 'allow', tools: ['*'], roles: [] }], ctx({ roles: ['a'] }))).toBe(false);
});

/** Slow and obvious: `*` eats any number of characters. */
function naiveGlob(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') return naiveGlob(pattern.slice(1), text) || (text !== '' && naiveGlob(pattern, text.slice(1)));
  return text !== '' && pattern[0] === text[0] && naiveGlob(pattern.slice(1), text.slice(1));
}

const word = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 7 });
const name = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 });
const list = fc.array(word, { maxLength: 3 });
const maybeList = fc.option(list, { nil: undefined });
const grant = fc.record({ effect: fc.constantFrom('allow' as const, 'deny' as const), tools: list, tenants: maybeList, principals: maybeList, roles: maybeList });

it('a glob matches what the naive one matches', () => {
  fc.assert(
    fc.property(word, fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 }), (pattern, text) => {
      expect(compileGlob(pattern)(text)).toBe(naiveGlob(pattern, text));
    }),
    { numRuns: 2_000 },
  );
});

it('a hostile glob takes no time', () => {
  const started = performance.now();
  expect(compileGlob(`${'*a'.repeat(2_000)}*b`)('a'.repeat(20_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(500);
});

it('decides like the naive oracle', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 5 }), name, name, name, name, fc.array(name, { maxLength: 2 }), (grants, server, tool, tenantId, principalId, roles) => {
      const context = ctx({ tenantId, principalId, roles });
      const any = (patterns: readonly string[] | undefined, texts: readonly string[]): boolean =>
        patterns === undefined || patterns.some((pattern) => texts.some((text) => naiveGlob(pattern, text)));
      const matching = grants.filter(
        (g) => any(g.tools, [`${server}/${tool}`]) && any(g.tenants, [tenantId]) && any(g.principals, [principalId]) && any(g.roles, roles),
      );
      const expected = matching.some((g) => g.effect === 'allow') && !matching.some((g) => g.effect === 'deny');
      expect(decide(context, { server, tool }, compileGrants(grants)).allowed).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
