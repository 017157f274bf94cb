import { HoldfastError } from '@holdfast/contracts/errors';

/** UTF-8 bytes of a text. */
export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/**
 * Refuses a state that no run could begin with: what is accepted here, `beginRun` can load.
 * @param saved its text; `listBytes`: bytes of the texts that it names
 * @param most bytes
 * @throws HoldfastError STATE_TOO_LARGE
 */
export function requireLoadable(saved: string, listBytes: number, most: number): void {
  // No character takes more than three bytes: of most states nothing is counted.
  if (saved.length * 3 + listBytes <= most) return;
  const bytes = utf8Bytes(saved) + listBytes;
  if (bytes > most) throw new HoldfastError('STATE_TOO_LARGE', `The state takes ${bytes} bytes as it is stored, at most ${most} can be loaded again`);
}
