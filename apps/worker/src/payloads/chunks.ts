/** Shortest and longest chunk, characters; the last one of a text may be shorter. */
export const CHUNK = { shortest: 2_048, longest: 32_768 } as const;

/** A chunk ends where so many bits of the rolling hash are zero: 8,192 characters behind the shortest length, on average. */
const CUT_MASK = 0xfff80000;

/** A number for each low byte of a character; any fixed table will do, and every build must have the same. */
const GEAR = Uint32Array.from({ length: 256 }, (_, byte) => {
  let x = Math.imul(byte + 1, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
});

/**
 * Cuts a text by what stands in it (gear hash of the last 32 characters, as FastCDC does), not by length: of two texts that begin with the same
 * conversation under different heads, all chunks but the first and the last are equal. Never cuts a surrogate pair.
 */
export function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = endOfChunk(text, from);
    chunks.push(text.slice(from, to));
    from = to;
  }
  return chunks;
}

function endOfChunk(text: string, from: number): number {
  const latest = Math.min(from + CHUNK.longest, text.length);
  let hash = 0;
  for (let i = from + CHUNK.shortest; i < latest; i += 1) {
    hash = ((hash << 1) + GEAR[text.charCodeAt(i) & 0xff]!) | 0;
    if ((hash & CUT_MASK) === 0) return whole(text, i + 1);
  }
  return whole(text, latest);
}

/** One further when it would stand between the halves of a pair. */
function whole(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  return at < text.length && before >= 0xd800 && before <= 0xdbff ? at + 1 : at;
}
