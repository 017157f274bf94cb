import { readJson } from '../kit/files.ts';
import type { ProcessEntry } from './process-spec.ts';

/** Reads a stack.json; entries of another shape are left out, a missing file is an empty stack. */
export function readEntries(path: string): ProcessEntry[] {
  const value = readJson(path);
  return Array.isArray(value) ? value.filter(isEntry) : [];
}

function isEntry(value: unknown): value is ProcessEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { name, pid, port, log, startedAt, restarts } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    typeof pid === 'number' &&
    typeof port === 'number' &&
    typeof log === 'string' &&
    typeof startedAt === 'string' &&
    typeof restarts === 'number'
  );
}
