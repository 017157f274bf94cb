import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from '../kit/files.ts';
import { parseIdentity, type ProcessIdentity } from '../../bin/process-identity.mjs';

/** A process that a supervisor of this home started. */
export interface PidFile {
  readonly name: string;
  readonly identity: ProcessIdentity;
  /** How to end it when its supervisor is gone. */
  readonly stopSignal: NodeJS.Signals;
}

/** The pid files of one home: the only list of processes that may be ended. */
export class PidFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  write(file: PidFile): void {
    writeJson(join(this.#folder, `${file.name}.json`), file);
  }

  remove(name: string): void {
    rmSync(join(this.#folder, `${name}.json`), { force: true });
  }

  list(): PidFile[] {
    return readdirSync(this.#folder)
      .filter((entry) => entry.endsWith('.json'))
      .flatMap((entry) => parsePidFile(readJson(join(this.#folder, entry))) ?? []);
  }
}

function parsePidFile(value: unknown): PidFile | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, identity, stopSignal } = value as Record<string, unknown>;
  const parsed = parseIdentity(identity);
  if (typeof name !== 'string' || parsed === undefined) return undefined;
  return { name, identity: parsed, stopSignal: stopSignal === 'SIGINT' || stopSignal === 'SIGKILL' ? stopSignal : 'SIGTERM' };
}
