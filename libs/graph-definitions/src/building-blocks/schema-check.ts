import { Validator } from '@langchain/core/utils/json_schema';
import type { JsonSchema } from '@holdfast/agent-runtime/graph';

const MOST_PROBLEMS = 8;

/** What is wrong inside makes everything around it wrong; only the place itself says what to change. `false`: told as `additionalProperties`. */
const REPEATING = new Set(['properties', 'patternProperties', 'items', 'prefixItems', 'allOf', '$ref', 'false']);

/**
 * What is wrong with a value by its JSON Schema, each with the place in the value; empty when nothing is. Without code generation, so
 * that it works in the workflow sandbox, and with a validator that LangGraph brings anyway.
 * @throws Error when the schema itself cannot be used (a `$ref` to nowhere)
 */
export function problemsOf(schema: JsonSchema, value: unknown): string[] {
  // The validator writes into the schema, and what a module exports is frozen in the sandbox.
  const copy = JSON.parse(JSON.stringify(schema)) as object;
  const { valid, errors } = new Validator(copy, '2020-12', false).validate(value);
  if (valid) return [];
  const told = errors.filter(({ keyword }) => !REPEATING.has(keyword));
  return [...new Set(told.map(({ instanceLocation, error }) => `${pathOf(instanceLocation)}: ${error}`))].slice(0, MOST_PROBLEMS);
}

function pathOf(location: string): string {
  return location === '#' ? 'value' : location.slice(2).replaceAll('/', '.');
}
