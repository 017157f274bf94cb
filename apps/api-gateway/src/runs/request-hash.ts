import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** SHA-256 of the canonical JSON (RFC 8785) of a request: the same for a repeat, whatever the order of its keys. */
export function requestHash(request: unknown): string {
  return createHash('sha256')
    .update(canonicalize(request) ?? '')
    .digest('hex');
}

/** SHA-256 of a text, hex. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
