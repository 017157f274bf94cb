/**
 * Directives are words in the last user message (or in the model name, after `holdfast-dev`) that make the development
 * model misbehave in a repeatable way. They exist for tests; see README.md for the list.
 */
export interface Directives {
  /** Wait before every answer, in milliseconds, at most 60,000. */
  readonly slowMs: number;
  /** Stream with 50 ms between chunks, so that a viewer can disconnect in the middle of a message. */
  readonly drip: boolean;
  /** Answer 429 once, with this Retry-After in seconds. */
  readonly rateLimitSeconds: number | undefined;
  /** Cut the connection once, in the middle of the stream. */
  readonly cut: boolean;
  /** Answer every request with this HTTP status. */
  readonly failStatus: number | undefined;
  /** Leave the last finding out of the first answer, so that the reviewer sends it back. */
  readonly revise: boolean;
  /** Write JSON that does not fit its schema: the first time, or always. */
  readonly misfit: 'never' | 'once' | 'always';
}

const PATTERN = /(?<![\w:-])(?:(slow|429|fail):(\d{1,5})|(cut:once|revise:once|misfit:once|misfit:on|drip:on))(?![\w-])/g;
const MAX_SLOW_MS = 60_000;

/** Reads the directives out of `texts` (later texts add to earlier ones). */
export function readDirectives(...texts: string[]): Directives {
  let slowMs = 0;
  let rateLimitSeconds: number | undefined;
  let failStatus: number | undefined;
  const flags = new Set<string>();
  for (const match of texts.join(' ').matchAll(PATTERN)) {
    const value = Number(match[2]);
    if (match[1] === 'slow') slowMs = Math.min(value, MAX_SLOW_MS);
    else if (match[1] === '429') rateLimitSeconds = value;
    else if (match[1] === 'fail') failStatus = value >= 400 && value <= 599 ? value : undefined;
    else flags.add(match[3] ?? '');
  }
  return {
    slowMs,
    rateLimitSeconds,
    failStatus,
    drip: flags.has('drip:on'),
    cut: flags.has('cut:once'),
    revise: flags.has('revise:once'),
    misfit: flags.has('misfit:on') ? 'always' : flags.has('misfit:once') ? 'once' : 'never',
  };
}

/** The text without its directives: what the person really asked. */
export function withoutDirectives(text: string): string {
  return text.replace(PATTERN, '').replace(/[ \t]{2,}/g, ' ').trim();
}
