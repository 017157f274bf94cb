import { cpuOf } from './cpu';
import type { HoldfastSubject } from './holdfast.subject';
import type { BenchPlan } from './options';
import { median, quantile } from './statistics';
import { load, type Subject } from './subject';

/** Figures of one subject at one number of runs in flight; medians over the rounds. */
export interface PhaseFigures {
  readonly inFlight: number;
  readonly runs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly runsPerSecond: number;
  /** CPU of each process per run, milliseconds of user and system time. */
  readonly cpuMsPerRun: Readonly<Record<string, number>>;
}

/** Figures of one subject. */
export interface SubjectFigures {
  readonly name: string;
  readonly historyBytes: number;
  readonly phases: readonly PhaseFigures[];
}

/** First event and first update of streams, milliseconds. */
export interface StreamFigures {
  readonly inFlight: number;
  readonly firstEventP50Ms: number;
  readonly firstUpdateP50Ms: number;
}

/**
 * Measures the subjects in turns (ABBA), so that a slow minute of the machine meets both. `roots` are the processes whose CPU counts.
 */
export async function compare(
  subjects: readonly Subject[],
  plan: Pick<BenchPlan, 'rounds' | 'warmUp' | 'phases'>,
  roots: Readonly<Record<string, number>>,
  say: (line: string) => void,
): Promise<SubjectFigures[]> {
  for (const subject of subjects) await load(subject, plan.warmUp, 20);
  const measured = new Map<string, PhaseFigures[]>();
  for (let round = 0; round < plan.rounds; round++) {
    for (const phase of plan.phases) {
      for (const subject of round % 2 === 0 ? subjects : [...subjects].reverse()) {
        const before = cpuOf(roots);
        const { samples, wallMs } = await load(subject, phase.count, phase.inFlight);
        const after = cpuOf(roots);
        const latencies = samples.map(({ latencyMs }) => latencyMs);
        const figures: PhaseFigures = {
          inFlight: phase.inFlight,
          runs: phase.count,
          p50Ms: quantile(latencies, 0.5),
          p95Ms: quantile(latencies, 0.95),
          p99Ms: quantile(latencies, 0.99),
          runsPerSecond: (phase.count * 1000) / wallMs,
          cpuMsPerRun: Object.fromEntries(Object.keys(roots).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / phase.count])),
        };
        const key = `${subject.name} ${phase.inFlight}`;
        measured.set(key, [...(measured.get(key) ?? []), figures]);
        say(`round ${round + 1}/${plan.rounds}  ${subject.name.padEnd(15)} ${String(phase.inFlight).padStart(4)} in flight  p50 ${figures.p50Ms.toFixed(1)} ms  ${figures.runsPerSecond.toFixed(1)} runs/s`);
      }
    }
  }
  return Promise.all(
    subjects.map(async (subject) => ({
      name: subject.name,
      historyBytes: await subject.historyBytes(),
      phases: plan.phases.map(({ inFlight }) => medians(measured.get(`${subject.name} ${inFlight}`) ?? [])),
    })),
  );
}

/** Time to the first event and to the first update, one stream after the other and `inFlight` at once. */
export async function measureStreams(subject: HoldfastSubject, count: number, inFlight: number): Promise<StreamFigures> {
  const firsts: { eventMs: number; updateMs: number }[] = [];
  const asSubject: Subject = {
    name: 'streams',
    run: async (index) => {
      firsts.push(await subject.firstEvents(index));
      return { latencyMs: 0 };
    },
    historyBytes: () => subject.historyBytes(),
  };
  await load(asSubject, count, inFlight);
  return {
    inFlight,
    firstEventP50Ms: quantile(firsts.map(({ eventMs }) => eventMs), 0.5),
    firstUpdateP50Ms: quantile(firsts.map(({ updateMs }) => updateMs), 0.5),
  };
}

function medians(rounds: readonly PhaseFigures[]): PhaseFigures {
  const of = (pick: (figures: PhaseFigures) => number): number => median(rounds.map(pick));
  const names = Object.keys(rounds[0]?.cpuMsPerRun ?? {});
  return {
    inFlight: rounds[0]?.inFlight ?? 0,
    runs: rounds.reduce((sum, { runs }) => sum + runs, 0),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p95Ms: of(({ p95Ms }) => p95Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    runsPerSecond: of(({ runsPerSecond }) => runsPerSecond),
    cpuMsPerRun: Object.fromEntries(names.map((name) => [name, of(({ cpuMsPerRun }) => cpuMsPerRun[name] ?? 0)])),
  };
}
