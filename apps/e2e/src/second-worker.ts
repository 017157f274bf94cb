import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { CHILD_ENVIRONMENT, stack } from './config';

/** Changes the code of the stack's workflow bundle; the default makes another build that does the same. */
export type BundleChange = (code: string) => string;

const sameAgain: BundleChange = (code) => `/* ${randomUUID()} */\n${code}`;

/** A worker beside the stack's own, with another build of the workflow bundle. */
export class SecondWorker {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Starts it with the settings of the stack's worker. @param env more settings */
  static async start(env: Readonly<Record<string, string>>, change: BundleChange = sameAgain): Promise<SecondWorker> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-build-'));
    const bundle = join(folder, 'workflows.cjs');
    await writeFile(bundle, change(await readFile(join(stack.checkout, 'apps/worker/dist/workflows.cjs'), 'utf8')));
    const command = ['tools/stack/bin/stack.mjs', 'env', 'worker'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: stack.checkout, env: CHILD_ENVIRONMENT });
    const settings = parseEnv(stdout) as Record<string, string>;
    const child = spawn(process.execPath, [join(stack.checkout, 'apps/worker/dist/main.mjs')], {
      cwd: stack.checkout,
      env: { ...CHILD_ENVIRONMENT, ...settings, HEALTH_PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'error', HOLDFAST_WORKFLOW_BUNDLE: bundle, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return new SecondWorker(child, folder);
  }

  /** Ends it the hard way. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGKILL');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
