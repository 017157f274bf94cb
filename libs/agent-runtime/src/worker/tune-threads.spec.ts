import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tuneWorkflowThreads } from './tune-threads';

const threads = createRequire(import.meta.url)('node:worker_threads') as typeof import('node:worker_threads');

describe('tuning of workflow threads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tune-'));
  const plain = threads.Worker;
  const report = "require('node:worker_threads').parentPort.postMessage(globalThis.tuned === true);";
  const answerOf = (file: string): Promise<unknown> =>
    new Promise((resolve, reject) => new threads.Worker(join(folder, file)).once('message', resolve).once('error', reject));

  beforeAll(() => {
    writeFileSync(join(folder, 'tune.cjs'), 'globalThis.tuned = true;');
    writeFileSync(join(folder, 'workflow-worker-thread.js'), report);
    writeFileSync(join(folder, 'other.js'), report);
  });
  afterEach(() => {
    threads.Worker = plain;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('reaches the SDK\'s workflow threads and no other', async () => {
    tuneWorkflowThreads(join(folder, 'tune.cjs'));
    expect(await answerOf('workflow-worker-thread.js')).toBe(true);
    expect(await answerOf('other.js')).toBe(false);
  });

  it('keeps Node from posting on their channel under --watch', async () => {
    process.env['WATCH_REPORT_DEPENDENCIES'] = '1';
    try {
      tuneWorkflowThreads(join(folder, 'tune.cjs'));
      expect(await answerOf('workflow-worker-thread.js')).toBe(true);
    } finally {
      delete process.env['WATCH_REPORT_DEPENDENCIES'];
    }
  });

  it('is there once, however many workers are made', () => {
    tuneWorkflowThreads(join(folder, 'tune.cjs'));
    const tuned = threads.Worker;
    tuneWorkflowThreads(join(folder, 'tune.cjs'));
    expect(threads.Worker).toBe(tuned);
    expect(tuned).not.toBe(plain);
  });

  it('names the file that the SDK really starts', () => {
    const source = createRequire(import.meta.url).resolve('@temporalio/worker/lib/workflow/workflow-worker-thread.js');
    expect(source.endsWith('workflow-worker-thread.js')).toBe(true);
  });
});
