import { join } from 'node:path';
import { stack } from '../src/config';
import { readJournal } from '../src/database';
import { answerOf, textOf } from '../src/messages';
import { see } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';

const echo = (message: unknown): object => ({ tool: 'everything__echo', args: { message } });
const TOGGLE = { tool: 'everything__toggle-simulated-logging' };
const read = (file: string): object => ({ tool: 'filesystem__read_text_file', args: { path: join(stack.checkout, file) } });

interface Kept {
  readonly records: { name: string; status: string; content: unknown }[];
  readonly compensations: { name: string; status: string; content: unknown }[];
}

describe('saga', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('saga');
  });

  it('carries out all steps, and hands long results on whole', async () => {
    const steps = [
      { name: 'read', ...read('package-lock.json'), args: { path: join(stack.checkout, 'package-lock.json'), head: 100 } },
      { name: 'tell', ...echo({ $result: 'read' }), compensate: echo('never') },
    ];
    const seen = await see(tenant, 'saga', { input: { steps } });
    expect(seen.nodes).toEqual(['begin', 'step', 'step', 'conclude']);
    const { values } = await tenant.client.threads.getState(seen.threadId);
    const { records, compensations } = values as unknown as Kept;
    expect(Buffer.byteLength(textOf(records[0]?.content))).toBeGreaterThan(2_048);
    expect(textOf(records[1]?.content)).toBe(`Echo: ${textOf(records[0]?.content)}`);
    expect(compensations).toEqual([]);
    expect(values).toMatchObject({ outcome: 'completed' });
    expect(answerOf(values)).toBe('All 2 steps are done.');
  });

  it('takes the finished steps back in reverse order when one fails', async () => {
    const steps = [
      { name: 'switch on', ...TOGGLE, compensate: TOGGLE },
      { name: 'look', ...read('README.md') },
      { name: 'announce', ...echo('begun'), compensate: echo('taken back') },
      { name: 'break', ...read('there-is-no-such-file'), compensate: echo('never') },
      { name: 'never', ...echo('never') },
    ];
    const seen = await see(tenant, 'saga', { input: { steps } });
    expect(seen.nodes).toEqual(['begin', 'step', 'step', 'step', 'step', 'fail', 'compensate', 'compensate', 'conclude']);
    expect(seen.custom.slice(3)).toEqual([
      { phase: 'step', name: 'break', status: 'failed' },
      { phase: 'failed', step: 'break', due: ['announce', 'switch on'] },
      { phase: 'compensated', name: 'announce', status: 'done' },
      { phase: 'compensated', name: 'switch on', status: 'done' },
    ]);
    const { values } = await tenant.client.threads.getState(seen.threadId);
    const { records, compensations } = values as unknown as Kept;
    expect(records.map(({ name, status }) => [name, status])).toEqual([['switch on', 'done'], ['look', 'done'], ['announce', 'done'], ['break', 'failed']]);
    expect(textOf(records[0]?.content)).toMatch(/^Started simulated/);
    expect(textOf(records[3]?.content)).toContain('ENOENT');
    expect(compensations.map(({ content }) => textOf(content))).toEqual(['Echo: taken back', expect.stringMatching(/^Stopped simulated/)]);
    expect(values).toMatchObject({ outcome: 'compensated', due: [] });
    const called = (await readJournal(tenant.tenantId, seen.runId)).filter((row) => row.type === 'tool.called.v1');
    expect(called.map((row) => (row.data as { tool_call_id: string }).tool_call_id)).toEqual(['step-0', 'step-1', 'step-2', 'step-3', 'compensate-2', 'compensate-0']);
  });

  it('says what could not be taken back', async () => {
    const steps = [{ name: 'a', ...echo('a'), compensate: read('there-is-no-such-file') }, { name: 'b', ...read('there-is-no-such-file') }];
    const values = await tenant.client.runs.wait(null, 'saga', { input: { steps } });
    expect(values).toMatchObject({ outcome: 'compensation-failed', compensations: [{ name: 'a', status: 'failed' }] });
    expect(answerOf(values)).toContain('needs a person: a.');
  });

  it('refuses steps that cannot be used before any of them is carried out', async () => {
    const steps = [{ name: 'a', ...echo('a') }, { name: 'b', ...echo({ $result: 'c' }) }];
    const { thread_id: threadId } = await tenant.client.threads.create();
    const result = await tenant.client.runs.wait(threadId, 'saga', { input: { steps }, raiseError: false });
    expect(result).toMatchObject({ __error__: { error: 'INVALID_ARGUMENT', message: expect.stringContaining('there is no step c before it') } });
    const [run] = await tenant.client.runs.list(threadId);
    expect((await readJournal(tenant.tenantId, run?.run_id)).some((row) => row.type === 'tool.called.v1')).toBe(false);
  });
});
