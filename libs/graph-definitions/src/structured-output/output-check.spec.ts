import { checkOutput } from './output-check';

const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };

describe('checkOutput', () => {
  it.each([
    '{"n":1}',
    ' {"n": 1}\n',
    '```json\n{"n":1}\n```',
    'Here it is:\n```\n{"n":1}\n```\nDone.',
    'It is {"n":1}, I think.',
  ])('finds the JSON in %j', (text) => {
    expect(checkOutput(text, schema)).toEqual({ output: { n: 1 }, problems: [] });
  });

  it.each([
    ['I do not know.', 'not JSON'],
    ['{"n":', 'not JSON'],
    ['{"n":"1"}', 'n: '],
    ['{}', '"n"'],
    ['[1]', '"array"'],
  ])('says what is wrong with %j', (text, problem) => {
    const { problems } = checkOutput(text, schema);
    expect(problems.join()).toContain(problem);
    expect(checkOutput(text, schema)).not.toHaveProperty('output');
  });

  it('reads lists, too', () => {
    expect(checkOutput('The list: [1, 2]', { type: 'array' })).toMatchObject({ output: [1, 2] });
  });

  it('cannot read a text that is a reference', () => {
    expect(checkOutput([{ type: 'text', text: '{"n":1}', $blob: 'sha256:0' }] as never, schema).problems.join()).toContain('longer than 2000 bytes');
  });

  it('refuses a schema that cannot be used', () => {
    expect(() => checkOutput('{"n":1}', { properties: { n: { $ref: '#/$defs/none' } } })).toThrow(/output_schema: .*none/);
  });
});
