import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FREE_DEATHS, FREE_WITHIN_MS, STABLE_AFTER_MS, restartDelayMs } from './backoff.ts';
import { endProcess, killGroup } from './end-process.ts';
import { openLog } from './log-files.ts';
import type { PidFiles } from './pid-files.ts';
import { identify, type ProcessIdentity } from '../../bin/process-identity.mjs';
import { messageOf, watchHealth } from './watch-health.ts';
import type { ProcessEntry, ProcessSpec, ProcessState } from './process-spec.ts';

/** Keeps one process running until `stop()`. */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly log: string;
  readonly #pidFiles: PidFiles;
  readonly #onChange: () => void;
  #identity: ProcessIdentity | undefined;
  #state: ProcessState = 'stopped';
  #startedAt = new Date(0);
  #restarts = 0;
  /** Deaths since it last served for STABLE_AFTER_MS. */
  #consecutiveDeaths = 0;
  /** Times of the deaths of late (performance.now()). */
  #lateDeaths: number[] = [];
  /** When this run of it began to serve (performance.now()); undefined before. */
  #servesSince: number | undefined;
  #isStopping = false;
  readonly #stopWaiting = new AbortController();
  #loop: Promise<void> | undefined;
  #lastProblem = 'not started';

  constructor(spec: ProcessSpec, log: string, pidFiles: PidFiles, onChange: () => void) {
    this.spec = spec;
    this.log = log;
    this.#pidFiles = pidFiles;
    this.#onChange = onChange;
  }

  /** Deaths since it last served; a start that keeps failing shows here. */
  get consecutiveDeaths(): number {
    return this.#consecutiveDeaths;
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Why it is not ready, for messages. */
  get lastProblem(): string {
    return this.#lastProblem;
  }

  entry(): ProcessEntry {
    return {
      name: this.spec.name,
      pid: this.#identity?.pid ?? 0,
      port: this.spec.port,
      log: this.log,
      startedAt: this.#startedAt.toISOString(),
      restarts: this.#restarts,
      state: this.#state,
    };
  }

  /** Starts the process and from now on starts it again whenever it ends. */
  start(): void {
    this.#loop ??= this.#keepRunning();
  }

  /** Ends the process for good; waits until it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopWaiting.abort();
    if (this.#identity !== undefined) {
      await endProcess(this.#identity, this.spec.stopSignal ?? 'SIGTERM', this.spec.stopTimeoutMs ?? 10_000);
    }
    await this.#loop;
    this.#set('stopped');
  }

  async #keepRunning(): Promise<void> {
    while (!this.#isStopping) {
      this.#servesSince = undefined;
      // whatever fails around a run (a log or pid file on a full disk, say) is one more death: the loop must go on
      await this.#runOnce().catch((error: unknown) => {
        this.#lastProblem = messageOf(error);
        this.#set('down');
      });
      if (this.#isStopping) return;
      this.#consecutiveDeaths = this.#mayStartAtOnce() ? 1 : this.#consecutiveDeaths + 1;
      this.#restarts += 1;
      const delayMs = restartDelayMs(this.#consecutiveDeaths - 1);
      if (delayMs > 0) await sleep(delayMs, undefined, { signal: this.#stopWaiting.signal }).catch(() => undefined);
    }
  }

  /** It has served, and does not die again and again soon after it does. */
  #mayStartAtOnce(): boolean {
    const now = performance.now();
    this.#lateDeaths = [...this.#lateDeaths.filter((time) => now - time < FREE_WITHIN_MS), now];
    const hasServed = this.#servesSince !== undefined && now - this.#servesSince >= STABLE_AFTER_MS;
    return hasServed && this.#lateDeaths.length <= FREE_DEATHS;
  }

  async #runOnce(): Promise<void> {
    const { spec } = this;
    await spec.beforeStart?.();
    if (this.#isStopping) return;
    const child = this.#spawn();
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`));
    });
    const { pid } = child;
    const unknown = pid === undefined ? undefined : this.#remember(pid);
    this.#startedAt = new Date();
    this.#lastProblem = 'starting';
    this.#set('starting');
    if (this.#isStopping && pid !== undefined) killGroup(pid);
    const watch = new AbortController();
    void watchHealth({
      spec,
      signal: watch.signal,
      onReady: () => {
        this.#servesSince ??= performance.now();
        this.#set('ready');
      },
      onUnready: (problem) => {
        this.#lastProblem = problem;
        if (this.#state === 'ready') this.#set('unready');
      },
      onHung: () => pid !== undefined && killGroup(pid),
    });
    const end = await ended;
    this.#lastProblem = unknown ?? `ended with ${end}`;
    watch.abort();
    if (pid !== undefined) killGroup(pid);
    this.#identity = undefined;
    this.#pidFiles.remove(spec.name);
    this.#set(this.#isStopping ? 'stopped' : 'down');
  }

  #spawn(): ChildProcess {
    const { spec } = this;
    const output = openLog(this.log);
    try {
      return spawn(spec.command, [...spec.args], {
        cwd: spec.cwd,
        env: { ...spec.env },
        // a group of its own: Ctrl-C in the terminal reaches only the supervisor, which ends processes in order
        detached: true,
        stdio: ['ignore', output, output],
      });
    } finally {
      closeSync(output);
    }
  }

  /** Writes the pid file. A process without one nobody could end after us: it is killed, and the reason returned. */
  #remember(pid: number): string | undefined {
    this.#identity = identify(pid);
    if (this.#identity === undefined) return undefined;
    try {
      this.#pidFiles.write({ name: this.spec.name, identity: this.#identity, stopSignal: this.spec.stopSignal ?? 'SIGTERM' });
      return undefined;
    } catch (error) {
      killGroup(pid);
      return messageOf(error);
    }
  }

  #set(state: ProcessState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onChange();
  }
}
