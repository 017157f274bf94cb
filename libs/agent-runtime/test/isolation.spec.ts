import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type CatalogueTurn, CATALOGUE_CONVERSATIONS } from './support/catalogue-conversations';
import type { IsolationReport } from './support/sandbox/isolation-process';
import { testBundle } from './support/test-bundle';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

async function reportOf(conversations: Readonly<Record<string, readonly CatalogueTurn[]>>, fixture?: string): Promise<IsolationReport> {
  const process_ = [at('../src/worker/tune.cjs'), at('./support/sandbox/isolation-process.ts')];
  const args = ['--require', ...process_, await testBundle(fixture), JSON.stringify(conversations)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 16 * 1024 * 1024 });
  return JSON.parse(stdout) as IsolationReport;
}

describe('runs that share a V8 context', () => {
  it('do byte for byte what each tenant does alone, with the same seed the same, and write to nothing that they share', async () => {
    const report = await reportOf(CATALOGUE_CONVERSATIONS);
    expect(report.unheard).toEqual([]);
    expect(report.differences).toEqual([]);
    expect(report.written).toEqual([]);
    expect(report.commands).toBeGreaterThan(500);
    expect(report.objects).toBeGreaterThan(5_000);
    // Otherwise the seeds would say nothing.
    expect(report.ordered).toEqual(expect.arrayContaining(['debate of 1', 'map-reduce of 1', 'coordinator of 1']));
    const asked = { 'generate-approve-execute': 1, 'sub-graphs': 2, waits: 3 };
    const interrupted = Object.entries(asked).flatMap(([graph, times]) => [1, 2].flatMap((tenant) => Array<string>(times).fill(`${graph} of ${tenant}: interrupted`)));
    expect([...report.ends].sort()).toEqual(interrupted.sort());
  }, 240_000);

  it('are seen when they share what they write, also for a moment only', async () => {
    const report = await reportOf({ leaky: [{ input: { input: 'x' } }] }, 'leaky');
    expect(report.differences.length).toBeGreaterThanOrEqual(3);
    for (const difference of report.differences) expect(difference).toMatch(/^leaky of .*run 1.* became .*run [2-4]/s);
    expect(report.written).toEqual([expect.stringMatching(/leaky\.ts#Notes\.taken\.by$/), expect.stringMatching(/leaky\.ts#seen<x>$/)]);
  }, 240_000);
});
