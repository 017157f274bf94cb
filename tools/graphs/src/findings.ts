import { relative } from 'node:path';

/** Something about a folder of graphs that its author should know. */
export interface Finding {
  /** Absolute path. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** `refused`: the graphs do not start. `suspicious`: they do, and it is said. */
  readonly severity: 'refused' | 'suspicious';
  readonly reason: string;
}

/** Thrown when a folder of graphs cannot be used; the message has a line for every finding. */
export class GraphsRefusedError extends Error {
  readonly code = 'GRAPHS_REFUSED';
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super(formatFindings(findings));
    this.findings = findings;
  }
}

/** @throws GraphsRefusedError when one of the findings is a refusal */
export function throwRefusals(findings: readonly Finding[]): void {
  if (findings.some(({ severity }) => severity === 'refused')) throw new GraphsRefusedError(findings);
}

/** One line per finding, `file:line: refused: reason`, ordered by place; files below `from` are shown relative to it. */
export function formatFindings(findings: readonly Finding[], from: string = process.cwd()): string {
  return [...findings]
    .sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
    .map(({ file, line, severity, reason }) => `${shown(file, from)}:${line}: ${severity}: ${reason}`)
    .join('\n');
}

function shown(file: string, from: string): string {
  const path = relative(from, file);
  return path.startsWith('..') ? file : path;
}
