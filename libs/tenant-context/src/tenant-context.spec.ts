import { parseTenantContext, systemContext } from './tenant-context';

const tenantId = '0198f1c0-0000-7000-8000-000000000001';

it('round-trips through JSON', () => {
  const ctx = systemContext(tenantId, 'sweep', 'r1', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  expect(parseTenantContext(JSON.parse(JSON.stringify(ctx)))).toEqual(ctx);
});

it.each([{}, { tenantId: 'x' }, { tenantId, principalId: '', roles: [], requestId: 'r' }])('refuses %j', (value) => {
  expect(() => parseTenantContext(value)).toThrow();
});
