import { counter, histogram } from '@holdfast/nest-kit/metrics';

const attempts = counter({
  name: 'holdfast_activity_attempts_total',
  help: 'Finished attempts of activities by kind and code; `ok` is a success, `handed-over` a call that goes on in the normal lane.',
  labelNames: ['kind', 'code'],
});
const seconds = histogram({
  name: 'holdfast_activity_duration_seconds',
  help: 'Wall time of attempts of activities.',
  labelNames: ['kind'],
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
});
const tokens = counter({
  name: 'holdfast_model_tokens_total',
  help: 'Tokens that models read (input) and wrote (output), as they report them.',
  labelNames: ['direction'],
});

const repeats = counter({
  name: 'holdfast_calls_repeated_total',
  help: 'Calls made again although an earlier attempt may have reached its target: the process that made it died under way.',
  labelNames: ['kind'],
});

/** Kinds of activities in metrics: the two kinds of calls and the five journal activities. */
export type MeteredKind = 'model' | 'tool' | 'begin' | 'commit' | 'load' | 'edit' | 'task';

/** Counts one finished attempt. */
export function countAttempt(kind: MeteredKind, code: string, durationMs: number): void {
  attempts.inc({ kind, code });
  seconds.observe({ kind }, durationMs / 1000);
}

const fallbacks = counter({
  name: 'holdfast_model_fallbacks_total',
  help: 'Models that did not answer a call which then went to a fallback, by the code of their failure.',
  labelNames: ['code'],
});

/** Counts a model that a call goes on from to a fallback. */
export function countFallback(code: string): void {
  fallbacks.inc({ code });
}

/** Counts a call that may have been made twice. */
export function countRepeat(kind: 'model' | 'tool'): void {
  repeats.inc({ kind });
}

/** Counts the tokens of one model call. */
export function countTokens(usage: { readonly input_tokens: number; readonly output_tokens: number }): void {
  tokens.inc({ direction: 'input' }, usage.input_tokens);
  tokens.inc({ direction: 'output' }, usage.output_tokens);
}
