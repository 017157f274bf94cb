import { createHash } from 'node:crypto';

/** Parts of a key `hf_<keyId>_<secret>`. Both are URL-safe and without underscores; the secret has at least 128 bits. */
const FORM = /^hf_([0-9A-Za-z]{6,32})_([0-9A-Za-z-]{22,100})$/;

/** What is stored of a key: SHA-256 is enough, because the secret is random and long. */
export function hashApiKey(apiKey: string): Buffer {
  return createHash('sha256').update(apiKey, 'utf8').digest();
}

/** Writes a key. */
export function formatApiKey(keyId: string, secret: string): string {
  return `hf_${keyId}_${secret}`;
}

/** The public part of a key, or null when the text cannot be one. */
export function keyIdOf(apiKey: string): string | null {
  return FORM.exec(apiKey)?.[1] ?? null;
}
