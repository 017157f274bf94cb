import { HoldfastError, type FieldProblem } from '@holdfast/contracts/errors';
import type { z } from 'zod';
import type { EndpointSpec } from '../openapi/endpoint';
import { parseJsonBody, unstorableText } from './json-scan';

/** The raw parts of a request: `body` as bytes, because it is parsed only here. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/**
 * Validates a request against its endpoint.
 * @throws HoldfastError naming every refused field (at most 20)
 */
export function parseInput(spec: EndpointSpec, raw: RawInput): { params: unknown; query: unknown; body: unknown } {
  const fields: FieldProblem[] = [];
  const params = check(spec.params, raw.params, '', fields);
  const query = check(spec.query, storableQuery(raw.query), '', fields);
  if (fields.length > 0) throw invalid(fields);
  const body = spec.body === undefined ? undefined : check(spec.body, rewritten(spec, bodyOf(raw.body)), 'body', fields);
  if (fields.length > 0) throw invalid(fields);
  return { params, query, body };
}

function rewritten(spec: EndpointSpec, body: unknown): unknown {
  return spec.rewriteBody === undefined ? body : spec.rewriteBody(body);
}

function bodyOf(body: unknown): unknown {
  if (body === undefined || body === null) return undefined;
  if (!(body instanceof Uint8Array)) return body;
  return body.length === 0 ? undefined : parseJsonBody(body);
}

/** Turns away text that no database column can hold, as the scan of a body does; the spellings of lists and flags are the schemas'. */
function storableQuery(query: unknown): unknown {
  if (typeof query !== 'object' || query === null) return {};
  for (const [key, value] of Object.entries(query)) {
    for (const text of Array.isArray(value) ? value : [value]) {
      const message = typeof text === 'string' ? unstorableText(text) : undefined;
      if (message !== undefined) throw invalid([{ path: key, message }]);
    }
  }
  return { ...query };
}

function check(schema: z.ZodType | undefined, value: unknown, root: string, fields: FieldProblem[]): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues.slice(0, 20)) fields.push(...fieldProblems(issue, root));
  return undefined;
}

/** Zod reports unknown keys at their parent; a caller looks for the key itself. */
function fieldProblems(issue: z.core.$ZodIssue, root: string): FieldProblem[] {
  const path = issue.path.map(String);
  const at = (parts: readonly string[]): string => (parts.length === 0 ? root || 'request' : parts.join('.'));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, 20).map((key) => ({ path: at([...path, key.slice(0, 100)]), message: 'unknown field' }));
  }
  return [{ path: at(path), message: issue.message }];
}

function invalid(fields: readonly FieldProblem[]): HoldfastError {
  const text = fields.map((field) => `${field.path}: ${field.message}`).join('; ');
  return new HoldfastError('INVALID_ARGUMENT', text, { fields });
}
