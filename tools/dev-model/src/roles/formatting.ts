import { type Answer, DEV_MODEL, unsigned } from '../answer.ts';
import type { Conversation } from '../conversation.ts';

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON that fits the schema at the end of the system prompt, filled with what was found. Says its name in every text that has room for it. */
export function format({ system, quotes, directives }: Conversation): Answer {
  const findings = unsigned(quotes.find(({ label }) => label === 'What was found')?.text ?? 'nothing');
  const value = fill(schemaIn(system), findings);
  const misfit = directives.misfit === 'always' || (directives.misfit === 'once' && !quotes.some(({ label }) => label === 'INVALID'));
  return { kind: 'text', text: JSON.stringify(misfit ? withoutFirst(value) : value) };
}

function schemaIn(system: string): Schema {
  try {
    const schema: unknown = JSON.parse(system.slice(system.lastIndexOf('\n') + 1));
    return isSchema(schema) ? schema : {};
  } catch {
    return {};
  }
}

function fill(schema: Schema, findings: string): unknown {
  const { const: constant, enum: choices, items, properties, type, maxLength } = schema;
  if (constant !== undefined) return constant;
  if (Array.isArray(choices)) return choices[0] as unknown;
  if (isSchema(properties)) return Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, fill(isSchema(child) ? child : {}, findings)]));
  switch (type) {
    case 'array':
      return [fill(isSchema(items) ? items : {}, findings)];
    case 'integer':
      return Math.trunc(numberIn(findings));
    case 'number':
      return numberIn(findings);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'object':
      return {};
    default:
      return `${findings.slice(0, 600)} (${DEV_MODEL})`.slice(0, typeof maxLength === 'number' ? maxLength : undefined);
  }
}

/** The last number that the findings name. */
function numberIn(findings: string): number {
  return Number(findings.match(/-?\d+(?:\.\d+)?/g)?.at(-1) ?? 0);
}

function withoutFirst(value: unknown): unknown {
  return isSchema(value) ? Object.fromEntries(Object.entries(value).slice(1)) : null;
}
