import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';

/** Says what is wrong with a value; undefined when nothing is. */
export type SchemaCheck = (value: unknown) => readonly string[] | undefined;

const MAX_PROBLEMS = 10;
const MAX_COMPILED = 1_000;

// Schemas come from servers: unknown keywords and formats are theirs to use. Remote `$ref` are never followed (no loadSchema).
const OPTIONS: Options = { strict: false, allErrors: true, validateFormats: false, addUsedSchema: false, validateSchema: false, logger: false };

/** Compiles JSON Schemas once per definition (mcp.md MUST 13: 2020-12 unless the schema says draft-07). */
export class SchemaCompiler {
  readonly #checks = new LRUCache<string, SchemaCheck>({ max: MAX_COMPILED });

  /**
   * The check of a schema.
   * @param key changes with the schema, such as the definition's hash.
   * @throws Error when the schema cannot be compiled: unknown dialect, remote reference, broken pattern.
   */
  check(key: string, schema: Readonly<Record<string, unknown>>): SchemaCheck {
    const known = this.#checks.get(key);
    if (known !== undefined) return known;
    const check = compile(schema);
    this.#checks.set(key, check);
    return check;
  }
}

function compile(schema: Readonly<Record<string, unknown>>): SchemaCheck {
  // An instance per schema: definitions of different servers may carry the same `$id`.
  const { $schema, ...body } = schema;
  const validate: ValidateFunction = dialect($schema).compile(body);
  return (value) => {
    if (validate(value) === true) return undefined;
    const errors = validate.errors ?? [];
    const problems = errors.slice(0, MAX_PROBLEMS).map(describe);
    return errors.length > MAX_PROBLEMS ? [...problems, `and ${errors.length - MAX_PROBLEMS} more`] : problems;
  };
}

function dialect($schema: unknown): Ajv | Ajv2020 {
  if ($schema === undefined) return new Ajv2020(OPTIONS);
  const uri = typeof $schema === 'string' ? $schema.replace(/#$/, '').replace(/^http:/, 'https:') : '';
  if (uri === 'https://json-schema.org/draft/2020-12/schema') return new Ajv2020(OPTIONS);
  if (uri === 'https://json-schema.org/draft-07/schema') return new Ajv(OPTIONS);
  throw new Error(`the JSON Schema dialect ${uri || 'given'} is not supported`);
}

function describe({ instancePath, keyword, params, message }: ErrorObject): string {
  const at = instancePath === '' ? 'the arguments' : instancePath.slice(1).replaceAll('/', '.');
  const extra = params as { additionalProperty?: unknown; allowedValues?: unknown };
  if (keyword === 'additionalProperties') return `${at}: ${JSON.stringify(extra.additionalProperty)} is not known`;
  if (keyword === 'enum') return `${at}: ${message ?? ''}: ${JSON.stringify(extra.allowedValues)}`.slice(0, 300);
  return `${at}: ${message ?? keyword}`.slice(0, 300);
}
