import { HoldfastError, type FieldProblem } from '@holdfast/contracts/errors';
import type { RunCreate } from '../runs/runs.schema';

/**
 * What the protocol knows and Holdfast does not do yet. Refused with 422, never silently ignored: a caller who asks for a webhook
 * must not wait for it for ever. MAINTENANCE: the one list; documented in the README.
 */
const RUN_REFUSALS: readonly { readonly path: string; readonly asked: (body: RunCreate) => boolean }[] = [
  { path: 'webhook', asked: (body) => body.webhook != null },
  { path: 'feedback_keys', asked: (body) => (body.feedback_keys ?? []).length > 0 },
  { path: 'langsmith_tracer', asked: (body) => body.langsmith_tracer != null },
  { path: 'strict_resume', asked: (body) => body.strict_resume === true },
  { path: 'checkpoint.checkpoint_ns', asked: (body) => (body.checkpoint?.checkpoint_ns ?? '') !== '' },
  { path: 'checkpoint.checkpoint_map', asked: (body) => Object.keys(body.checkpoint?.checkpoint_map ?? {}).length > 0 },
];

/** @throws HoldfastError NOT_SUPPORTED naming what is asked for in vain */
export function refuseUnsupportedRun(body: RunCreate): void {
  refuse(RUN_REFUSALS.filter(({ asked }) => asked(body)).map(({ path }) => path));
}

/** @throws HoldfastError NOT_SUPPORTED when a value is given for one of the named fields */
export function refuseGiven(fields: Readonly<Record<string, unknown>>): void {
  refuse(Object.entries(fields).flatMap(([path, value]) => (isGiven(value) ? [path] : [])));
}

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return Array.isArray(value) ? value.length > 0 : true;
}

function refuse(paths: readonly string[]): void {
  if (paths.length === 0) return;
  const fields: FieldProblem[] = paths.map((path) => ({ path, message: 'is not supported yet' }));
  throw new HoldfastError('NOT_SUPPORTED', fields.map((f) => `${f.path} ${f.message}`).join('; '), { fields });
}
