import { Ajv2020 } from 'ajv/dist/2020';
import { z } from 'zod';
import { send } from './http';

const schemaObject = z.record(z.string(), z.unknown());
const parameter = z.looseObject({ name: z.string(), in: z.enum(['path', 'query', 'header']), required: z.boolean().optional(), schema: schemaObject });
const operation = z.looseObject({
  operationId: z.string(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(parameter).optional(),
  requestBody: z.looseObject({ content: z.looseObject({ 'application/json': z.looseObject({ schema: schemaObject }) }) }).optional(),
});
const documentSchema = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), schemaObject) }),
});

/** An endpoint as `/openapi.json` describes it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` for what stands in it. */
  readonly path: string;
  readonly parameters: readonly z.infer<typeof parameter>[];
  /** Anybody may call it. */
  readonly isPublic: boolean;
  readonly body: BodyContract | undefined;
}

/** What the document says of a body. */
export interface BodyContract {
  readonly isArray: boolean;
  /** Names of the fields (of an element, for an array). */
  readonly fields: readonly string[];
  /** True when fields that are not named are refused. */
  readonly isClosed: boolean;
  accepts(value: unknown): boolean;
}

/** Reads the document of the running gateway. */
export async function readOperations(): Promise<Operation[]> {
  const document = documentSchema.parse(JSON.parse((await send({ method: 'GET', path: '/openapi.json' })).text));
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const resolve = (schema: Record<string, unknown>): Record<string, unknown> => {
    const name = typeof schema['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined;
    return name === undefined ? schema : (document.components.schemas[name] ?? {});
  };
  const contractOf = (schema: Record<string, unknown>): BodyContract => {
    const whole = resolve(schema);
    const isArray = whole['type'] === 'array';
    const element = isArray ? resolve(schemaObject.parse(whole['items'])) : whole;
    const accepts = ajv.compile({ ...schema, components: document.components });
    return { isArray, fields: Object.keys(schemaObject.parse(element['properties'] ?? {})), isClosed: element['additionalProperties'] === false, accepts: (value) => accepts(value) };
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, found]) => ({
      id: found.operationId,
      method: method.toUpperCase(),
      path,
      parameters: found.parameters ?? [],
      isPublic: found.security?.length === 0,
      body: found.requestBody === undefined ? undefined : contractOf(found.requestBody.content['application/json'].schema),
    })),
  );
}

/** The path with its parameters filled in. @throws for a parameter without a value */
export function fillPath(path: string, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for {${name}} of ${path}`);
    return encodeURIComponent(value);
  });
}
