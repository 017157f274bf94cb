import type { TenantContext } from '@holdfast/tenant-context';
import fc from 'fast-check';
import { createContextCodec } from './context-codec';

const ctx: TenantContext = {
  tenantId: '0198f1c0-0000-7000-8000-000000000001',
  principalId: 'key:abc',
  roles: ['developer'],
  requestId: 'r-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};
const secret = 'a secret of sufficient length';
let clock = 1_000_000;
const codec = createContextCodec({ secret, audience: 'tools', now: () => clock });
const refusal = { code: 'UNAUTHENTICATED' };

beforeEach(() => {
  clock = 1_000_000;
});

it('gives back what was signed, as printable ASCII', () => {
  const name = { ...ctx, principalId: 'Ñandú · 键' };
  const value = codec.sign(name);
  expect(value).toMatch(/^[\x21-\x7e]+$/);
  expect(codec.verify(value)).toEqual(name);
});

it.each([undefined, '', '.', 'abc', 'abc.def', `${'x'.repeat(9_000)}.y`])('refuses %s', (value) => {
  expect(() => codec.verify(value)).toThrow(expect.objectContaining(refusal));
});

it('refuses a context for another audience and one made with another secret', () => {
  expect(() => createContextCodec({ secret, audience: 'other', now: () => clock }).verify(codec.sign(ctx))).toThrow(expect.objectContaining(refusal));
  const other = createContextCodec({ secret: `${secret}!`, audience: 'tools', now: () => clock });
  expect(() => codec.verify(other.sign(ctx))).toThrow(expect.objectContaining(refusal));
});

it('accepts a skew of 60 s either way and not a millisecond more', () => {
  const value = codec.sign(ctx);
  for (const skew of [60_000, -60_000]) {
    clock = 1_000_000 + skew;
    expect(codec.verify(value).tenantId).toBe(ctx.tenantId);
    clock += Math.sign(skew);
    expect(() => codec.verify(value)).toThrow(expect.objectContaining(refusal));
  }
});

it('refuses a signed payload that is no context', () => {
  const broken = createContextCodec({ secret, audience: 'tools', now: () => clock }).sign({ ...ctx, tenantId: 'not-a-uuid' });
  expect(() => codec.verify(broken)).toThrow(expect.objectContaining(refusal));
});

it('refuses every value in which one character differs', () => {
  const value = codec.sign(ctx);
  fc.assert(
    fc.property(fc.nat(value.length - 1), fc.constantFrom(...'ABCxyz019-_.~'), (at, character) => {
      // The last character of unpadded base64url carries unused bits, so another character may decode to the same bytes.
      fc.pre(value[at] !== character && at !== value.length - 1);
      const changed = value.slice(0, at) + character + value.slice(at + 1);
      expect(() => codec.verify(changed)).toThrow(expect.objectContaining(refusal));
    }),
  );
});

it('refuses a short secret', () => {
  expect(() => createContextCodec({ secret: 'short', audience: 'tools' })).toThrow(RangeError);
});
