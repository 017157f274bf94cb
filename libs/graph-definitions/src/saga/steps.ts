import type { ToolMessage } from '@langchain/core/messages';
import { HoldfastError } from '@holdfast/contracts/errors';
import { problemsOf } from '../building-blocks/schema-check';
import { schemas } from './schemas';
import type { SagaStep, StepRecord, StepStatus } from './state';

/**
 * Refuses steps that could not all be carried out or taken back, before the first one is.
 * @throws HoldfastError INVALID_ARGUMENT with everything that is wrong
 */
export function checkSteps(steps: readonly SagaStep[]): void {
  const problems = problemsOf(schemas.input, { steps });
  if (problems.length === 0) problems.push(...namingProblems(steps));
  if (problems.length > 0) throw new HoldfastError('INVALID_ARGUMENT', `The steps of the saga cannot be used. ${problems.join(' ')}`);
}

/** A step may use results of those before it; its compensation also its own. */
function namingProblems(steps: readonly SagaStep[]): string[] {
  const names = steps.map(({ name }) => name);
  const missing = (args: unknown, known: readonly string[]) => namedIn(args).filter((used) => !known.includes(used));
  return steps.flatMap(({ name, args, compensate }, i) => [
    ...(names.indexOf(name) === i ? [] : [`steps.${i}.name: ${name} is there twice.`]),
    ...missing(args, names.slice(0, i)).map((used) => `steps.${i}.args: there is no step ${used} before it.`),
    ...missing(compensate?.args, names.slice(0, i + 1)).map((used) => `steps.${i}.compensate.args: there is no step ${used} up to it.`),
  ]);
}

/** The arguments of a call with the results of steps in their places. */
export function withResults(args: Readonly<Record<string, unknown>> | undefined, records: readonly StepRecord[]): Record<string, unknown> {
  return replaced(args ?? {}, (name) => records.find((record) => record.name === name)?.content ?? null) as Record<string, unknown>;
}

function namedIn(args: unknown): string[] {
  const names: string[] = [];
  replaced(args, (name) => names.push(name));
  return names;
}

function replaced(value: unknown, resultOf: (step: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => replaced(item, resultOf));
  if (typeof value !== 'object' || value === null) return value;
  const { $result: step, ...others } = value as { $result?: unknown };
  if (typeof step === 'string' && Object.keys(others).length === 0) return resultOf(step);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, replaced(child, resultOf)]));
}

/** After these the router itself does not know whether the tool did it. */
const UNCERTAIN = /\bTOOL_(OUTCOME_UNKNOWN|TIMEOUT)\b/;

/** How a call ended, by what the tool or the router said. */
export function statusOf(answer: ToolMessage): StepStatus {
  if (answer.status !== 'error') return 'done';
  return UNCERTAIN.test(answer.text) ? 'unknown' : 'failed';
}

/**
 * True when the run was cancelled: that must reach the runtime as it is. By name, because classes do not survive bundling.
 */
export function isCancellation(error: unknown): boolean {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth += 1) {
    if (e.name === 'CancelledFailure') return true;
  }
  return false;
}
