import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CallAtPoint, CallPoints } from './call-points';
import type { TestJournal } from './test-journal';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Settings of a {@link WorkerHandle}. */
export interface WorkerSettings {
  readonly taskQueue: string;
  /** Path of the workflow bundle. */
  bundle(): Promise<string>;
  /** Workflows kept in memory; 0 replays at every workflow task. */
  readonly cache?: number;
  /** Each commit takes up to this long. Default 0. */
  readonly commitDelayMs?: number;
  /** Each call takes up to this long. Default 0. */
  readonly callDelayMs?: number;
  /** Where calls stand still. Default: nowhere. */
  readonly points?: CallPoints;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly argument: never;
}

/** A worker process and its line to the journal. */
export class WorkerHandle {
  private child: ChildProcess | undefined;

  constructor(
    private readonly journal: TestJournal,
    private readonly settings: WorkerSettings,
  ) {}

  async start(): Promise<void> {
    const bundle = await this.settings.bundle();
    const child = spawn(process.execPath, [at('./worker-process.ts')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        TEST_TASK_QUEUE: this.settings.taskQueue,
        TEST_BUNDLE: bundle,
        TEST_COMMIT_DELAY_MS: String(this.settings.commitDelayMs ?? 0),
        TEST_CALL_DELAY_MS: String(this.settings.callDelayMs ?? 0),
        TEST_POINTS: this.settings.points === undefined ? '0' : '1',
        TEST_CACHE: String(this.settings.cache ?? 100),
      },
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the worker left with ${code}`)));
      child.on('message', (message) => {
        if (typeof message === 'object' && 'ready' in message) resolve();
        else this.answer(child, message as Request);
      });
    });
    child.removeAllListeners('exit');
  }

  /** Kills the worker as a crash would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Lets the worker drain. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  }

  private answer(child: ChildProcess, { id, method, argument }: Request): void {
    if (method === 'point' && this.settings.points?.holds(argument as CallAtPoint) === true) return;
    try {
      child.send({ id, result: this.call(method, argument) ?? null }, () => undefined);
    } catch (error) {
      child.send({ id, error: String(error) }, () => undefined);
    }
  }

  private call(method: string, argument: never): unknown {
    switch (method) {
      case 'beginRun':
        return this.journal.beginRun(argument);
      case 'commitProgress':
        return this.journal.commitProgress(argument);
      case 'loadThread':
        return this.journal.loadThread(argument);
      case 'commitEdit':
        return this.journal.commitEdit(argument);
      case 'commitTask':
        return this.journal.commitTask(argument);
      case 'textsOf':
        return this.journal.textsOf(argument);
      case 'count':
        return this.journal.count(argument);
      case 'point':
        return undefined;
      case 'claim':
        return this.journal.claim(argument);
      case 'finish':
        this.journal.replies.set((argument as { key: string }).key, (argument as { reply: unknown }).reply);
        return undefined;
      case 'effect':
        this.journal.effects.push(argument);
        return undefined;
      default:
        throw new Error(`no method ${method}`);
    }
  }
}
