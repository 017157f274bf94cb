import { z } from 'zod';
import { problemSchema } from '../http/wire.schema';
import type { EndpointSpec, ResponseSpec } from './endpoint';

/** An endpoint with what its handler's decorators say. */
export interface DocumentedEndpoint {
  readonly spec: EndpointSpec;
  readonly isPublic: boolean;
}

type Json = Record<string, unknown>;

/** The parts of the OpenAPI document that readers rely on. */
export interface OpenApiDocument extends Json {
  readonly openapi: '3.1.0';
  readonly paths: Record<string, Record<string, Json>>;
  readonly components: { readonly schemas: Record<string, Json>; readonly securitySchemes: Json };
}

/** Builds the OpenAPI 3.1 document from the schemas that validate the requests. */
export function buildDocument(endpoints: readonly DocumentedEndpoint[], version: string): OpenApiDocument {
  const schemas = new SchemaComponents();
  const paths: Record<string, Record<string, Json>> = {};
  for (const { spec, isPublic } of [...endpoints].sort((a, b) => a.spec.path.localeCompare(b.spec.path))) {
    const path = (paths[spec.path] ??= {});
    path[spec.method.toLowerCase()] = operation(spec, isPublic, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description: 'LangGraph Agent Server protocol: durable agents, threads and runs. Errors are RFC 9457 problem documents.',
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { bearer: [] }],
    tags: [...new Set(endpoints.map(({ spec }) => spec.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.all(),
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        bearer: { type: 'http', scheme: 'bearer', description: 'The API key as bearer token' },
      },
    },
  };
}

function operation(spec: EndpointSpec, isPublic: boolean, schemas: SchemaComponents): Json {
  const parameters = [
    ...parametersOf(spec.params, 'path', schemas),
    ...parametersOf(spec.query, 'query', schemas),
    ...Object.entries(spec.headers ?? {}).map(([name, description]) => ({ name, in: 'header', description, schema: { type: 'string' } })),
  ];
  return {
    operationId: spec.operationId,
    summary: spec.summary,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    tags: [spec.tag],
    ...(isPublic ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(spec.body === undefined ? {} : { requestBody: requestBody(spec.body, schemas) }),
    responses: {
      ...Object.fromEntries(Object.entries(spec.responses).map(([status, response]) => [status, responseOf(response, schemas)])),
      default: { description: 'A problem', content: { 'application/problem+json': { schema: schemas.convert(problemSchema, 'output') } } },
    },
  };
}

function requestBody(schema: z.ZodType, schemas: SchemaComponents): Json {
  return { required: !schema.safeParse(undefined).success, content: { 'application/json': { schema: schemas.convert(schema, 'input') } } };
}

function responseOf(response: ResponseSpec, schemas: SchemaComponents): Json {
  const headers = Object.entries(response.headers ?? {}).map(([name, description]) => [name, { description, schema: { type: 'string' } }]);
  return {
    description: response.description,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(response.schema === undefined ? {} : { content: { [response.contentType ?? 'application/json']: { schema: schemas.convert(response.schema, 'output') } } }),
  };
}

function parametersOf(schema: z.ZodType | undefined, where: 'path' | 'query', schemas: SchemaComponents): Json[] {
  if (schema === undefined) return [];
  const converted = schemas.convert(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(converted.properties ?? {}).map(([name, { description, ...property }]) => ({
    name,
    in: where,
    required: where === 'path' || (converted.required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: property,
  }));
}

/** Named schemas, each once; `$defs` of zod become components. */
class SchemaComponents {
  readonly #schemas = new Map<string, Json>();

  convert(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $defs, $schema: _dialect, ...root } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }) as Json & { $defs?: Record<string, Json> };
    const names = new Map<string, string>();
    for (const [name, definition] of Object.entries($defs ?? {})) names.set(name, this.#nameFor(name, definition, io));
    for (const [name, definition] of Object.entries($defs ?? {})) this.#schemas.set(names.get(name) ?? name, renamed(withoutId(definition), names) as Json);
    const id = root['id'];
    if (typeof id !== 'string') return renamed(root, names) as Json;
    const name = this.#nameFor(id, root, io);
    this.#schemas.set(name, renamed(withoutId(root), names) as Json);
    return { $ref: `#/components/schemas/${name}` };
  }

  all(): Record<string, Json> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => a.localeCompare(b)));
  }

  /** A schema that reads and writes differently gets two names. */
  #nameFor(id: string, definition: Json, io: 'input' | 'output'): string {
    const known = this.#schemas.get(id);
    if (known === undefined || JSON.stringify(known) === JSON.stringify(renamed(withoutId(definition), new Map()))) return id;
    return io === 'input' ? `${id}Input` : id;
  }
}

function withoutId(definition: Json): Json {
  const { id: _id, ...rest } = definition;
  return rest;
}

function renamed(node: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(node)) return node.map((item) => renamed(item, names));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key !== '$ref' || typeof value !== 'string' || !value.startsWith('#/$defs/')) return [key, renamed(value, names)];
      const name = value.slice('#/$defs/'.length);
      return [key, `#/components/schemas/${names.get(name) ?? name}`];
    }),
  );
}
