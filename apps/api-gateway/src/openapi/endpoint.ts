import type { z } from 'zod';

/** HTTP methods of the API. */
export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** One answer of an endpoint, as the OpenAPI document shows it. */
export interface ResponseSpec {
  readonly description: string;
  /** Absent: an empty body. */
  readonly schema?: z.ZodType;
  /** Default `application/json`. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An endpoint, described once: the same object routes the request, validates it and is its OpenAPI operation.
 * Paths are in OpenAPI form (`/threads/{thread_id}`).
 */
export interface EndpointSpec<P extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType> {
  readonly method: HttpMethod;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Brings a spelling of some client into the documented form, before validation. */
  readonly rewriteBody?: (body: unknown) => unknown;
  /** Request headers that the handler reads, name to description. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The first 2xx is the answer of the handler; the error answers are added to all. */
  readonly responses: Readonly<Record<number, ResponseSpec>>;
}

/** What a handler gets: the parsed parts; a part that the endpoint does not describe is `undefined`. */
export type InputOf<E> =
  E extends EndpointSpec<infer P, infer Q, infer B>
    ? { readonly params: Parsed<P>; readonly query: Parsed<Q>; readonly body: Parsed<B> }
    : never;

type Parsed<S extends z.ZodType> = z.ZodType extends S ? undefined : z.output<S>;

/** Declares an endpoint; keeps the types of its schemas. */
export function endpoint<P extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType>(
  spec: EndpointSpec<P, Q, B>,
): EndpointSpec<P, Q, B> {
  return spec;
}

/** The status that a successful handler answers with. */
export function successStatus(spec: EndpointSpec): number {
  const status = Object.keys(spec.responses).map(Number).find((code) => code >= 200 && code < 300);
  if (status === undefined) throw new TypeError(`${spec.operationId} describes no 2xx answer`);
  return status;
}
