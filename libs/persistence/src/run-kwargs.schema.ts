import { z } from 'zod';

/** Highest number of supersteps when the request names none. LangGraph's own 25 ends an agent with tools after a dozen calls. */
export const DEFAULT_RECURSION_LIMIT = 100;

const nodes = z.union([z.literal('*'), z.array(z.string())]);

/**
 * What beginRun reads of `runs.kwargs`. The gateway has validated the request; this only gives defaults, so nothing here may fail for
 * a row that the gateway wrote: `null` is taken as absent everywhere.
 */
export const runKwargs = z.looseObject({
  input: z.unknown().optional(),
  command: z.looseObject({ resume: z.unknown().optional(), update: z.unknown().optional(), goto: z.unknown().optional() }).nullish(),
  config: z
    .looseObject({
      recursion_limit: z.number().int().positive().nullish(),
      configurable: z.record(z.string(), z.unknown()).nullish(),
      tags: z.array(z.string()).nullish(),
    })
    .nullish(),
  context: z.record(z.string(), z.unknown()).nullish(),
  interrupt_before: nodes.nullish(),
  interrupt_after: nodes.nullish(),
  durability: z.enum(['sync', 'async', 'exit']).nullish(),
  /** The run takes back what was done before it. */
  compensate: z.object({ reason: z.string() }).nullish(),
});
