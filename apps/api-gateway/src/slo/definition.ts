import { ErrorKind } from '@holdfast/contracts/errors';
import type { SloDefinition, SloRollUp } from '@holdfast/persistence';

/** What is counted. The same for ever: see {@link SloDefinition}. docs/slo.md says what it means. */
export const SLO_DEFINITION = {
  start: [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000],
  first_token: [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000],
  step: [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000],
  outcomes: [
    'completed',
    'interrupted',
    'cancelled',
    'failed_user',
    'failed_policy',
    'failed_budget',
    'failed_model',
    'failed_tool',
    'failed_infrastructure',
    'failed_defect',
  ],
} as const satisfies SloDefinition & { readonly outcomes: readonly Outcome[] };

/** How a run ended. */
export type Outcome = 'completed' | 'interrupted' | 'cancelled' | `failed_${ErrorKind}`;

/** Indicators that are kept as a histogram. */
export const LATENCIES = ['start', 'first_token', 'step'] as const;
/** See {@link LATENCIES}. */
export type Latency = (typeof LATENCIES)[number];

/** Longest window that anybody can ask for, ms; older rollups are deleted. */
export const MAX_WINDOW_MS = 92 * 86_400_000;

/** How it is counted. The width is the finest that anybody can ask for; a transaction of ours ends within seconds. */
export const SLO_PACE: SloRollUp = { widthMs: 300_000, settleMs: 60_000, keptMs: MAX_WINDOW_MS };

/** What is promised of an indicator. */
export interface Objective {
  readonly indicator: Latency | 'success' | 'recovery';
  /** Share of good ones; the rest is the error budget. */
  readonly target: number;
  /** Good is what took no longer, ms: a bound of the indicator's histogram. */
  readonly thresholdMs?: number;
}

/** MAINTENANCE: infra/prometheus/slo.rules.yaml has the same; a test compares them. */
export const OBJECTIVES: readonly Objective[] = [
  { indicator: 'success', target: 0.99 },
  { indicator: 'recovery', target: 0.99 },
  { indicator: 'start', target: 0.99, thresholdMs: 5_000 },
  { indicator: 'first_token', target: 0.95, thresholdMs: 5_000 },
  { indicator: 'step', target: 0.95, thresholdMs: 30_000 },
];

/** Ends that are as they should be. */
export const GOOD_OUTCOMES: ReadonlySet<Outcome> = new Set<Outcome>(['completed', 'interrupted']);
/** Ends that somebody wanted or caused: neither success nor failure of ours. */
export const LEFT_OUT_OUTCOMES: ReadonlySet<Outcome> = new Set<Outcome>(['cancelled', 'failed_user', 'failed_policy']);
