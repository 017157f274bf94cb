import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log larger than this is set aside when its process starts, in bytes. */
export const MAX_LOG_BYTES = 20 * 1024 * 1024;

/** Opens a log for appending; one larger than MAX_LOG_BYTES first becomes `<log>.1`. Returns a file descriptor. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  try {
    if (statSync(path).size > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  } catch {
    // first start: no log yet
  }
  return openSync(path, 'a', 0o644);
}

/** The last `lines` lines of a log, read from its end (at most 64 KiB). Empty when there is none. */
export function tailLog(path: string, lines: number): string[] {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { size } = fstatSync(file);
    const length = Math.min(size, 65_536);
    const buffer = Buffer.alloc(length);
    readSync(file, buffer, 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines);
  } catch {
    return [];
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
