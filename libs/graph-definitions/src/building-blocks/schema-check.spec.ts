import { problemsOf } from './schema-check';

const schema = {
  type: 'object',
  properties: { answer: { type: 'string' }, places: { type: 'array', items: { type: 'object', properties: { line: { type: 'integer' } } } } },
  required: ['answer'],
  additionalProperties: false,
};

describe('problemsOf', () => {
  it('says nothing about a value that fits', () => {
    expect(problemsOf(schema, { answer: 'x', places: [{ line: 1 }] })).toEqual([]);
  });

  it('names the innermost places and what is wrong there', () => {
    const problems = problemsOf(schema, { answer: 'x', places: [{ line: 1 }, { line: 'two' }] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^places\.1\.line: .*"string".*"integer"/);
  });

  it('names what is missing and what is too much', () => {
    expect(problemsOf(schema, {}).join('\n')).toMatch(/value: .*"answer"/);
    expect(problemsOf(schema, { places: [{ line: '1' }] })).toHaveLength(2);
    expect(problemsOf(schema, { answer: 'x', other: 1 })).toEqual([expect.stringContaining('"other"')]);
  });

  it('leaves the schema as it is, also a frozen one', () => {
    const frozen = Object.freeze({ type: 'object', properties: Object.freeze({ a: Object.freeze({ type: 'string' }) }) });
    expect(problemsOf(frozen, { a: 1 })).toHaveLength(1);
    expect(problemsOf(frozen, { a: '' })).toEqual([]);
  });

  it('refuses a schema that points nowhere', () => {
    expect(() => problemsOf({ type: 'object', properties: { a: { $ref: '#/$defs/none' } } }, { a: 1 })).toThrow(/none/);
  });
});
