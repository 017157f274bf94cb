import { SchemaCompiler } from './argument-validator';

const compiler = new SchemaCompiler();
const draft07 = 'http://json-schema.org/draft-07/schema#';
const schema = {
  $schema: draft07,
  type: 'object',
  properties: { path: { type: 'string' }, head: { type: 'number' }, unit: { enum: ['a', 'b'] } },
  required: ['path'],
  additionalProperties: false,
};

it('accepts what fits', () => {
  expect(compiler.check('1', schema)({ path: 'x', head: 3, unit: 'a' })).toBeUndefined();
});

it('lists every problem in words a model can act on', () => {
  const problems = compiler.check('1', schema)({ head: 'three', unit: 'c', extra: 1 });
  expect(problems).toEqual([
    "the arguments: must have required property 'path'",
    'the arguments: "extra" is not known',
    'head: must be number',
    'unit: must be equal to one of the allowed values: ["a","b"]',
  ]);
});

it('stops listing at ten', () => {
  const many = { type: 'object', additionalProperties: { type: 'string' } };
  const args = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, i]));
  expect(compiler.check('many', many)(args)).toHaveLength(11);
});

it('reads 2020-12 by default and draft-07 when told', () => {
  const prefix = { type: 'object', properties: { a: { prefixItems: [{ type: 'string' }] } } };
  expect(compiler.check('p1', prefix)({ a: [1] })).toEqual(['a.0: must be string']);
  expect(compiler.check('p2', { ...prefix, $schema: draft07 })({ a: [1] })).toBeUndefined();
});

it('refuses schemas it cannot judge: other dialects, remote references', () => {
  expect(() => compiler.check('d', { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' })).toThrow(/dialect/);
  expect(() => compiler.check('r', { type: 'object', properties: { a: { $ref: 'https://example.com/x.json' } } })).toThrow();
});

it('keeps two schemas with the same $id apart', () => {
  const id = { $id: 'https://example.com/s' };
  expect(compiler.check('i1', { ...id, type: 'object', required: ['a'] })({})).toHaveLength(1);
  expect(compiler.check('i2', { ...id, type: 'object' })({})).toBeUndefined();
});

it('compiles a definition once', () => {
  expect(compiler.check('1', schema)).toBe(compiler.check('1', schema));
});
