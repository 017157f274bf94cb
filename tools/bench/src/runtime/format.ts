import { comparisonTable, cpuTable, markdown } from '../table';
import type { RuntimeReport } from './report';

const one = (value: number): string => value.toFixed(1);

/** The report as Markdown; what was not measured is left out. */
export function formatRuntime({ workloads = [], open, waiting, waits, turns, replay, soak }: RuntimeReport): string {
  const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[] | undefined): string[] =>
    rows === undefined ? [] : [`### ${title}\n\n${markdown(head, rows)}`];
  return [
    ...workloads.map(({ name, subjects }) => `### ${name}\n\n${comparisonTable(subjects)}\n\n${cpuTable(subjects)}`),
    ...section(
      'Many runs at once',
      ['', 'runs', 'put off', 'p50 ms', 'p99 ms', 'runs/s', 'worker memory KiB per run'],
      open?.map(({ name, runs, refused, p50Ms, p99Ms, runsPerSecond, memoryKibPerRun }) => [name, String(runs), String(refused), one(p50Ms), one(p99Ms), one(runsPerSecond), one(memoryKibPerRun)]),
    ),
    ...section('Waiting in open workflows', ['', 'runs', 'heap KiB per run', 'resident KiB per run'], waiting?.map(({ name, runs, heapKibPerRun, memoryKibPerRun }) => [name, String(runs), one(heapKibPerRun), one(memoryKibPerRun)])),
    ...section('Three waits of a second', ['', 'runs at once', 'wall ms', 'p50 ms'], waits?.map(({ name, runs, wallMs, p50Ms }) => [name, String(runs), one(wallMs), one(p50Ms)])),
    ...section(
      'Later turns of open threads',
      ['threads', 'turns', 'p50 ms', 'p99 ms', 'turns/s'],
      turns && [[String(turns.threads), String(turns.turns), one(turns.p50Ms), one(turns.p99Ms), one(turns.turnsPerSecond)]],
    ),
    ...section(
      'Cold replay of 200 supersteps',
      ['', 'events', 'ms'],
      replay && [
        ['holdfast', String(replay.events.holdfast), one(replay.ms.holdfast)],
        ['plain-temporal', String(replay.events.plain), one(replay.ms.plain)],
      ],
    ),
    ...section(
      `Worker memory over ${soak?.runs} runs`,
      ['', ...(soak?.residentMiB.map((_, tenth) => String(tenth)) ?? [])],
      soak && [
        ['resident MiB', ...soak.residentMiB.map((mib) => mib.toFixed(0))],
        ['heap in use MiB', ...soak.heapMiB.map(one)],
      ],
    ),
  ].join('\n\n');
}
