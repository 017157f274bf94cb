const MINUTE = 60_000;
const UNITS_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000, m: MINUTE, h: 60 * MINUTE, d: 1_440 * MINUTE };

/**
 * The shortest time between two moments that a schedule shows by itself, ms: of `@every`, and of the seconds of 7 fields. Everything else
 * fires once a minute at most. What cannot be read here is left to Temporal, which refuses it.
 */
export function shortestIntervalMs(schedule: string): number {
  // As Temporal reads it: comments and time zones may stand around it.
  const text = schedule
    .replace(/#.*/s, '')
    .trim()
    .replace(/^(?:CRON_)?TZ=\S*\s*/, '')
    .trim();
  if (/^@every\b/i.test(text)) return everyMs(text.slice('@every'.length));
  const fields = text.split(/\s+/);
  return fields.length === 7 ? secondsMs(fields[0] ?? '') : MINUTE;
}

/** Of Go's durations, such as `1h30m`; after a slash stands the phase. Zero for what is none. */
function everyMs(text: string): number {
  const duration = text.split('/')[0]?.trim() ?? '';
  const parts = [...duration.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)/g)];
  if (duration === '' || parts.map(([part]) => part).join('') !== duration) return 0;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ''] ?? 0), 0);
}

/** The smallest gap between the seconds of a minute that a field names. */
function secondsMs(field: string): number {
  const named = Array.from({ length: 60 }, (_, second) => second).filter((second) => field.split(',').some((part) => names(part, second)));
  const gaps = named.map((second, i) => (named[i + 1] ?? (named[0] ?? 0) + 60) - second);
  return gaps.length === 0 ? MINUTE : Math.min(...gaps) * 1_000;
}

/** `*` or `?`, `5`, `5-10`, and each with `/3`; `5/3` goes on to the end. */
function names(part: string, second: number): boolean {
  const [, from = '', to, step] = /^(\*|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part.replace('?', '*')) ?? [];
  if (from === '') return false;
  const first = from === '*' ? 0 : Number(from);
  const last = to !== undefined ? Number(to) : from === '*' || step !== undefined ? 59 : first;
  return second >= first && second <= last && (second - first) % (Number(step ?? 1) || 1) === 0;
}
