import { HoldfastError, type FieldProblem } from '@holdfast/contracts/errors';
import type { RunCreate } from '../runs/runs.schema';
import type { CheckpointRef } from '../threads/threads.schema';

interface Refusal<T> {
  readonly path: string;
  readonly asked: (body: T) => boolean;
  /** Default: it is not supported yet. */
  readonly message?: string;
}

const SUB_GRAPH =
  'names a sub-graph, at which no run begins: leave the checkpoint away to go on where the thread stands, or name the root checkpoint (checkpoint_map[""])';

/**
 * What the protocol knows and Holdfast does not do yet. Refused with 422, never silently ignored: a caller who asks for a webhook
 * must not wait for it for ever. MAINTENANCE: the one list; documented in the README.
 */
const RUN_REFUSALS: readonly Refusal<RunCreate>[] = [
  { path: 'webhook', asked: (body) => body.webhook != null },
  { path: 'feedback_keys', asked: (body) => (body.feedback_keys ?? []).length > 0 },
  { path: 'langsmith_tracer', asked: (body) => body.langsmith_tracer != null },
  { path: 'strict_resume', asked: (body) => body.strict_resume === true },
];

/** The same for checkpoints from which something begins: sub-graphs go on only where the graph above them does. */
const CHECKPOINT_REFUSALS: readonly Refusal<CheckpointRef>[] = [
  { path: 'checkpoint.checkpoint_ns', asked: ({ checkpoint_ns: ns }) => isGiven(ns), message: SUB_GRAPH },
  { path: 'checkpoint.checkpoint_map', asked: ({ checkpoint_map: map }) => Object.keys(map ?? {}).length > 0 },
];

/** @throws HoldfastError NOT_SUPPORTED naming what is asked for in vain */
export function refuseUnsupportedRun(body: RunCreate): void {
  refuse([...RUN_REFUSALS.filter(({ asked }) => asked(body)), ...checkpointRefusals(body.checkpoint)]);
}

/** @throws HoldfastError NOT_SUPPORTED for that of a sub-graph, with what to do instead */
export function refuseSubGraph(ref: CheckpointRef | null | undefined): void {
  refuse(checkpointRefusals(ref));
}

/** @throws HoldfastError NOT_SUPPORTED when a value is given for one of the named fields */
export function refuseGiven(fields: Readonly<Record<string, unknown>>): void {
  refuse(Object.entries(fields).flatMap(([path, value]) => (isGiven(value) ? [{ path }] : [])));
}

function checkpointRefusals(ref: CheckpointRef | null | undefined): Refusal<CheckpointRef>[] {
  return CHECKPOINT_REFUSALS.filter(({ asked }) => asked(ref ?? {}));
}

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return Array.isArray(value) ? value.length > 0 : true;
}

function refuse(asked: readonly Pick<Refusal<never>, 'path' | 'message'>[]): void {
  if (asked.length === 0) return;
  const fields: FieldProblem[] = asked.map(({ path, message = 'is not supported yet' }) => ({ path, message }));
  throw new HoldfastError('NOT_SUPPORTED', fields.map((f) => `${f.path} ${f.message}`).join('; '), { fields });
}
