import type { RunsChaosReport } from '.';

const FAULTS_SHOWN = 20;

/** A report as people read it. */
export function formatReport({ seed, executions, seconds, kills, verdict, recovery, asked, stops, crons }: RunsChaosReport): string {
  const { faults, waiting, tools, models } = verdict;
  const killed = Object.values(kills).reduce((sum, n) => sum + n, 0);
  return [
    '',
    `N ${executions}, seed ${seed}, ${seconds} s, ${killed} kills: ${Object.entries(kills).map(([victim, n]) => `${victim} ${n}`).join(', ')}`,
    `tool calls ${tools.calls}, of them made again and told: ${tools.told}; questions about outcomes nobody knew: ${asked}`,
    `model calls ${models.calls}, attempts that repeat one, all told: ${models.told}`,
    `runs that wait for people, as they should: ${waiting}`,
    `other stops, by what ended them: ${Object.entries(stops.ended).map(([by, n]) => `${by} ${n}`).join(', ')}; woken late by p50 ${stops.late.p50} ms, longest ${stops.late.max} ms`,
    `moments of crons ${crons.moments}; their runs made late by p50 ${crons.late.p50} ms, longest ${crons.late.max} ms`,
    `recovery, from a kill to a run's next journal row: p50 ${recovery.p50} ms, p99 ${recovery.p99} ms, longest ${recovery.max} ms (${recovery.samples} samples, of them ${recovery.silent} of runs that wrote no row any more)`,
    faults.length === 0 ? 'held: 0 lost, 0 silent duplicates' : `DID NOT HOLD, ${faults.length} fault(s):`,
    ...faults.slice(0, FAULTS_SHOWN).map((fault) => `  ${fault}`),
    ...(faults.length > FAULTS_SHOWN ? [`  … ${faults.length - FAULTS_SHOWN} more`] : []),
  ].join('\n');
}
