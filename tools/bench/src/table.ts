import type { StreamFigures, SubjectFigures } from './measure';

/** The figures as a Markdown table: one row per figure, one column per subject, and the ratio of the first two. */
export function comparisonTable(subjects: readonly SubjectFigures[]): string {
  const [ours, plain] = subjects;
  if (ours === undefined || plain === undefined) throw new TypeError('two subjects are compared');
  const rows: string[][] = [];
  const add = (what: string, a: number, b: number, digits: number): void => {
    rows.push([what, a.toFixed(digits), b.toFixed(digits), (a / b).toFixed(2)]);
  };
  for (const [i, phase] of ours.phases.entries()) {
    const other = plain.phases[i];
    if (other === undefined) continue;
    const at = `${phase.inFlight} in flight`;
    add(`${at}: p50 ms`, phase.p50Ms, other.p50Ms, 1);
    add(`${at}: p95 ms`, phase.p95Ms, other.p95Ms, 1);
    add(`${at}: p99 ms`, phase.p99Ms, other.p99Ms, 1);
    add(`${at}: runs/s`, phase.runsPerSecond, other.runsPerSecond, 1);
    add(`${at}: CPU ms per run, all processes`, sum(phase.cpuMsPerRun), sum(other.cpuMsPerRun), 1);
  }
  add('history bytes per run', ours.historyBytes, plain.historyBytes, 0);
  return markdown(['', ours.name, plain.name, 'ratio'], rows);
}

/** CPU of every process per run at the highest load. */
export function cpuTable(subjects: readonly SubjectFigures[]): string {
  const last = subjects.map(({ phases }) => phases.at(-1)?.cpuMsPerRun ?? {});
  const names = Object.keys(last[0] ?? {}).filter((name) => last.some((figures) => (figures[name] ?? 0) >= 0.05));
  return markdown(
    ['CPU ms per run', ...subjects.map(({ name }) => name)],
    names.map((name) => [name, ...last.map((figures) => (figures[name] ?? 0).toFixed(1))]),
  );
}

/** First events of streams. */
export function streamTable(figures: readonly StreamFigures[]): string {
  return markdown(
    ['stream', 'first event p50 ms', 'first update p50 ms'],
    figures.map(({ inFlight, firstEventP50Ms, firstUpdateP50Ms }) => [`${inFlight} in flight`, firstEventP50Ms.toFixed(1), firstUpdateP50Ms.toFixed(1)]),
  );
}

const sum = (figures: Readonly<Record<string, number>>): number => Object.values(figures).reduce((a, b) => a + b, 0);

/** A table in Markdown, figures to the right. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`, ...rows.map(line)].join('\n');
}
