import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { structuredOutput } from './structured-output.graph';

const GOOD = '{"answer":"Two.","facts":["a","b"],"confidence":"high"}';
const work = [{ tools: ['a__look'] }, 'There are two: a and b.'];
const drive = (port: ScriptedPort, configurable = {}) => new DrivenGraph(structuredOutput, port, configurable);

describe('structured-output', () => {
  it('works with tools and answers with JSON that fits the declared schema', async () => {
    const port = new ScriptedPort({ work, format: [GOOD] });
    const run = await drive(port).ask('How many?');
    expect(run.nodes).toEqual(['work', 'format', 'validate']);
    expect(run.values).toMatchObject({ output: { answer: 'Two.', facts: ['a', 'b'], confidence: 'high' }, attempts: 1, problems: [] });
    expect(lastText(run)).toBe(GOOD);
    const [system, ...rest] = textsOf(port.of('format')[0]);
    expect(JSON.parse(system!.split('\n').at(-1)!)).toMatchObject({ required: ['answer', 'facts', 'confidence'] });
    expect(rest).toEqual(['How many?', 'What was found:\nThere are two: a and b.']);
  });

  it('shows the model what is wrong, as often as allowed', async () => {
    const port = new ScriptedPort({ work, format: ['Two.', '{"answer":"Two.","facts":"a"}', GOOD] });
    const run = await drive(port).ask('How many?');
    expect(textsOf(port.of('format')[1]).slice(-2)).toEqual(['Two.', 'INVALID:\nThe answer is not JSON.']);
    expect(textsOf(port.of('format')[2]).at(-1)).toMatch(/^INVALID:\n[\s\S]*"confidence"[\s\S]*facts: /);
    expect(run.values).toMatchObject({ attempts: 3, output: { answer: 'Two.' } });
    expect(run.values.messages).toHaveLength(2);
    expect(run.custom).toEqual([
      { phase: 'validated', attempt: 1, problems: ['The answer is not JSON.'] },
      { phase: 'validated', attempt: 2, problems: expect.arrayContaining([expect.stringContaining('confidence')]) },
      { phase: 'validated', attempt: 3, problems: [] },
    ]);
  });

  it('takes the schema of the assistant', async () => {
    const port = new ScriptedPort({ work, format: [GOOD, '{"count":2}'] });
    const run = await drive(port, { output_schema: { type: 'object', properties: { count: { type: 'integer' } }, required: ['count'] } }).ask('How many?');
    expect(run.values['output']).toEqual({ count: 2 });
    expect(port.of('format')).toHaveLength(2);
  });

  it('fails, and says why, rather than give out what does not fit', async () => {
    const port = new ScriptedPort({ work, format: ['{}'] });
    await expect(drive(port, { max_attempts: 2 }).ask('How many?')).rejects.toMatchObject({
      code: 'MODEL_MALFORMED_REPLY',
      message: expect.stringMatching(/after 2 attempts.*"answer"/),
    });
    expect(port.of('format')).toHaveLength(2);
  });

  it('starts anew in the next run of the thread', async () => {
    const graph = drive(new ScriptedPort({ work, format: ['no', GOOD] }));
    await graph.ask('How many?');
    expect((await graph.ask('And now?')).values).toMatchObject({ attempts: 1, problems: [] });
  });
});
