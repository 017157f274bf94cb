const SUSPECT = /\\u(?:0000|d[89a-f][0-9a-f]{2})/;
const ESCAPES = /\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/gs;

/**
 * The text of a jsonb parameter. jsonb cannot hold U+0000 or a lone surrogate (PostgreSQL docs 8.14), both of which models and
 * tools do produce: they become U+FFFD, as a UTF-8 decoder would have it. `JSON.stringify` writes both as escapes and writes
 * no other \ud… escape (well-formed JSON.stringify, ECMA-262 §25.5.2.3), so escapes are all that must be looked at.
 */
export function toJsonb(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  if (!SUSPECT.test(text)) return text;
  return text.replace(ESCAPES, (escape, code: string | undefined) => (code === undefined ? escape : '\ufffd'));
}
