/** Tests a text against one pattern. */
export type Matcher = (text: string) => boolean;

/**
 * A pattern in which `*` stands for any characters, none included; everything else stands for itself, case counts.
 * Time is at most pattern length times text length, whatever the pattern: patterns also come from callers.
 */
export function compileGlob(pattern: string): Matcher {
  if (!pattern.includes('*')) return (text) => text === pattern;
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    // The earliest place for each part leaves the most room for those after it.
    let at = first.length;
    const end = text.length - last.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/** True when any of the patterns matches. */
export function compileGlobs(patterns: readonly string[]): Matcher {
  const matchers = patterns.map(compileGlob);
  return (text) => matchers.some((matches) => matches(text));
}
