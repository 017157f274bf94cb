import { MAX_SUPERSTEPS, uuidSchema } from '@holdfast/contracts';
import { z } from 'zod';

/** A free JSON object; its content is the caller's. */
export const jsonObject = z.record(z.string(), z.unknown());

/** RFC 3339 time as answers carry it. */
export const timestamp = z.iso.datetime({ offset: true });

/** Name of a graph, or id of an assistant, in a path or body. */
export const assistantRef = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'contains control characters')
  .describe('UUID of an assistant, or the name of a graph (its system assistant)');

/** Page size of a search. */
export const limitField = z.int().min(1).max(1000).default(10).describe('Maximum number of results');
/** Start of a page. */
export const offsetField = z.int().min(0).max(10_000_000).default(0).describe('Number of results to skip');

/** A whole number in a query string. */
export function queryInt(min: number, max: number, fallback: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .default(fallback);
}

const TRUE = new Set(['1', 'true', 'yes']);
const FALSE = new Set(['0', 'false', 'no', '']);

/** A yes or no in a query string: SDKs write `1`, `0`, `true`, `false`. Default no. */
export const queryFlag = z
  .string()
  .toLowerCase()
  .refine((text) => TRUE.has(text) || FALSE.has(text), 'is not a boolean')
  .transform((text) => TRUE.has(text))
  .default(false);

/**
 * A list in a query string in any of the spellings of the SDKs: repeated key, JSON array, comma list.
 * @param item schema of one element
 */
export function queryList<T extends z.ZodType<unknown, string>>(item: T): z.ZodType<z.output<T>[] | undefined> {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : [value]).flatMap(splitList))
    .pipe(z.array(item).max(50))
    .optional() as unknown as z.ZodType<z.output<T>[] | undefined>;
}

function splitList(text: string): string[] {
  if (text.startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (Array.isArray(parsed)) return parsed.map(String);
    } catch {
      return [text];
    }
  }
  return text.split(',').filter((part) => part !== '');
}

/** Path parameters. */
export const threadParams = z.object({ thread_id: uuidSchema });
/** Path parameters. */
export const runParams = z.object({ run_id: uuidSchema });
/** Path parameters. */
export const threadRunParams = z.object({ thread_id: uuidSchema, run_id: uuidSchema });

/** The error body of every endpoint: RFC 9457, with the `detail` that LangGraph SDKs show. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    trace_id: z.string().optional(),
    retryable: z.boolean().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .loose()
  .meta({ id: 'Problem', description: 'RFC 9457 problem document' });

/** LangChain runnable configuration; LangGraph needs a recursion limit of one more than supersteps; graphs get the keys named here, others are only kept with the run. */
export const configSchema = z
  .looseObject({
    tags: z.array(z.string().max(200)).max(100).optional(),
    recursion_limit: z.int().min(1).max(MAX_SUPERSTEPS + 1).optional(),
    configurable: jsonObject.optional(),
  })
  .meta({ id: 'Config', description: 'Runnable configuration; further keys are kept with the run and not passed to the graph' });
/** See {@link configSchema}. */
export type Config = z.infer<typeof configSchema>;

/** Direction of a sort. */
export const sortOrder = z.enum(['asc', 'desc']);
