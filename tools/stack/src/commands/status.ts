import { homeLayout } from '../layout.ts';
import { ownerOf } from '../start/open-home.ts';
import type { Settings } from '../settings.ts';
import { identify } from '../../bin/process-identity.mjs';
import type { ProcessEntry } from '../supervise/process-spec.ts';
import { readEntries } from '../supervise/read-entries.ts';
import { ExitCode } from './exit-codes.ts';

/** `stack status`: a table of the processes; exit code 0 when all are ready, 3 when no supervisor runs, else 1. */
export function status(settings: Settings): number {
  const layout = homeLayout(settings.home);
  const owner = ownerOf(layout);
  const entries = readEntries(layout.stackJson).map((entry) => (identify(entry.pid) === undefined ? { ...entry, state: 'down' as const } : entry));
  process.stdout.write(owner === undefined ? `No supervisor runs for ${layout.home}.\n` : `Supervisor: process ${owner.pid}, home ${layout.home}\n`);
  if (entries.length > 0) process.stdout.write(`${formatStatus(entries, new Date())}\n`);
  if (owner === undefined) return ExitCode.notRunning;
  return entries.length > 0 && entries.every((entry) => entry.state === 'ready') ? ExitCode.ok : ExitCode.failed;
}

/** The table of `stack status`. */
export function formatStatus(entries: readonly ProcessEntry[], now: Date): string {
  const rows = [
    ['NAME', 'STATE', 'PID', 'PORT', 'UP', 'RESTARTS', 'LOG'],
    ...entries.map((entry) => [
      entry.name,
      entry.state,
      entry.pid === 0 ? '-' : String(entry.pid),
      String(entry.port),
      entry.state === 'down' ? '-' : duration(now.getTime() - Date.parse(entry.startedAt)),
      String(entry.restarts),
      entry.log,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

function duration(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1_000));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
