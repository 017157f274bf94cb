import { createHash } from 'node:crypto';

/** Longest model-facing name: model APIs accept `^[A-Za-z0-9_-]{1,64}$`. */
export const MAX_NAME_LENGTH = 64;

const SLUG = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;
const MAX_SLUG_LENGTH = 32;
const HASH_LENGTH = 8;

/**
 * Whether a text may name a server: lower-case letters and digits with single `-` or `_` between them, at most 32 characters. So it
 * never holds `__` and never ends in `_`, and the first `__` of an unchanged name is where the slug ends: two servers cannot meet.
 */
export function isServerSlug(text: string): boolean {
  return text.length <= MAX_SLUG_LENGTH && SLUG.test(text);
}

/**
 * The name under which a model sees a tool: `<slug>__<tool>`. When that is too long or holds characters that models do not take, it is
 * cut and mended, and ends in `_` and 8 hex digits of the SHA-256 of both parts. Store the mapping; never parse a name.
 * @throws RangeError when the slug is none.
 */
export function modelFacingName(slug: string, tool: string): string {
  if (!isServerSlug(slug)) throw new RangeError(`not a server slug: ${slug}`);
  const plain = `${slug}__${tool}`;
  const mended = plain.replace(/[^A-Za-z0-9_-]/g, '_');
  // A tool whose own name looks like one of our hashed ones gets a hash too, so that it cannot take another's place.
  if (mended === plain && plain.length <= MAX_NAME_LENGTH && tool !== '' && !/_[0-9a-f]{8}$/.test(tool)) return plain;
  const hash = createHash('sha256').update(`${slug}\0${tool}`).digest('hex').slice(0, HASH_LENGTH);
  return `${mended.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1)}_${hash}`;
}
