import { setTimeout as sleep } from 'node:timers/promises';
import type { HomeLayout } from '../layout.ts';
import { writeJson } from '../kit/files.ts';
import { tailLog } from './log-files.ts';
import { PidFiles } from './pid-files.ts';
import type { ProcessEntry, ProcessSpec } from './process-spec.ts';
import { SupervisedProcess } from './supervised-process.ts';
import { messageOf } from './watch-health.ts';

/** Thrown when a process does not come up; the message holds the end of its log. */
export class ProcessStartError extends Error {
  readonly code = 'STACK_PROCESS_START_FAILED';
}

/** A first start that fails this often in a row is given up. */
const MAX_START_DEATHS = 3;

/** Owns the processes of one home. */
export class Supervisor {
  readonly #layout: HomeLayout;
  readonly #pidFiles: PidFiles;
  readonly #processes = new Map<string, SupervisedProcess>();
  /** Where problems are told that must not end us. */
  readonly #tell: (text: string) => void;
  #isStopped = false;
  #isUnpublished = false;

  constructor(layout: HomeLayout, tell: (text: string) => void) {
    this.#layout = layout;
    this.#tell = tell;
    this.#pidFiles = new PidFiles(layout.pids);
    this.#publish();
  }

  /** Starts a process and keeps it running. Names are unique. */
  start(spec: ProcessSpec): void {
    // an installation that ends late must not start a process nobody would end
    if (this.#isStopped) throw new Error(`the stack is being stopped; ${spec.name} is not started`);
    if (this.#processes.has(spec.name)) throw new Error(`process ${spec.name} is already there`);
    const process = new SupervisedProcess(spec, this.#layout.log(spec.name), this.#pidFiles, () => this.#publish());
    this.#processes.set(spec.name, process);
    process.start();
  }

  /** Waits until a process serves. Throws ProcessStartError when it keeps dying or the time is over. */
  async waitReady(name: string, options: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const process = this.#processes.get(name);
    if (process === undefined) throw new Error(`no process ${name}`);
    const deadline = performance.now() + options.timeoutMs;
    while (!process.isReady) {
      options.signal.throwIfAborted();
      const isHopeless = process.consecutiveDeaths >= MAX_START_DEATHS;
      if (isHopeless || performance.now() > deadline) {
        const tail = tailLog(process.log, 12).map((line) => `    ${line}`);
        throw new ProcessStartError([`${name} does not come up: ${process.lastProblem}`, ...tail, `  log: ${process.log}`].join('\n'));
      }
      await sleep(20);
    }
  }

  entries(): ProcessEntry[] {
    return [...this.#processes.values()].map((process) => process.entry());
  }

  /** Ends everything: groups one after the other, the members of a group together; the rest at the end. */
  async stop(groups: readonly (readonly string[])[]): Promise<void> {
    this.#isStopped = true;
    const named = new Set(groups.flat());
    const rest = [...this.#processes.keys()].filter((name) => !named.has(name));
    for (const group of [...groups, rest]) {
      await Promise.all(group.flatMap((name) => this.#processes.get(name)?.stop() ?? []));
    }
    this.#publish();
  }

  /** Never throws: a full disk must not end the one who ends the processes. What could not be written stands in the next list. */
  #publish(): void {
    try {
      writeJson(this.#layout.stackJson, this.entries().filter((entry) => entry.state !== 'stopped'));
      this.#isUnpublished = false;
    } catch (error) {
      if (!this.#isUnpublished) this.#tell(`${this.#layout.stackJson} cannot be written and is out of date: ${messageOf(error)}`);
      this.#isUnpublished = true;
    }
  }
}
