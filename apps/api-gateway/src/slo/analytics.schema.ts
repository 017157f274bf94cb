import { z } from 'zod';
import { assistantRef, timestamp } from '../http/wire.schema';
import { OBJECTIVES, SLO_DEFINITION, SLO_PACE } from './definition';

const STEP_SECONDS = SLO_PACE.widthMs / 1_000;

/** Query of GET /analytics/slo. */
export const sloQuery = z.object({
  from: timestamp.optional().describe('Begin of the window; default: a day before its end'),
  to: timestamp.optional().describe('End of the window, exclusive; default: now'),
  bucket_seconds: z
    .string()
    .regex(/^\d{1,8}$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.int().min(STEP_SECONDS).max(31 * 86_400).multipleOf(STEP_SECONDS))
    .optional()
    .describe(`Width of the buckets, a multiple of ${STEP_SECONDS}; default: an hour, or a day for more than a week`),
  graph_id: assistantRef.optional().describe('Only of this graph'),
});
/** See {@link sloQuery}. */
export type SloAnalyticsQuery = z.infer<typeof sloQuery>;

const latencySchema = z
  .object({ count: z.int(), mean_ms: z.int(), p50_ms: z.int(), p95_ms: z.int(), p99_ms: z.int() })
  .meta({ id: 'Latency', description: 'Percentiles are interpolated within buckets and never above the last bound' });

const levels = {
  start: latencySchema.nullable().describe('From when a run was due to its begin'),
  first_token: latencySchema.nullable().describe('From when a run was due to the first text of a model'),
  step: latencySchema.nullable().describe('Of a superstep'),
  runs: z.record(z.enum(SLO_DEFINITION.outcomes), z.int()).describe('Ended runs by outcome'),
  success_rate: z.number().nullable().describe('Of runs that neither the caller, a policy nor a cancellation ended'),
  recovery: z.object({ met: z.int(), recovered: z.int() }).describe('Runs that met a failure of ours, and those that went on'),
  recovery_rate: z.number().nullable(),
};

const bucketSchema = z.object({ bucket_start: timestamp, graph_id: z.string(), build_id: z.string().nullable(), ...levels }).meta({ id: 'ServiceLevels' });

const objectiveSchema = z
  .object({
    indicator: z.enum(OBJECTIVES.map(({ indicator }) => indicator)),
    target: z.number(),
    threshold_ms: z.int().nullable(),
    good: z.int(),
    total: z.int(),
    budget_left: z
      .number()
      .nullable()
      .describe('Share of the error budget of the window that is not used up; below 0 when it was overrun; null when nothing was measured'),
  })
  .meta({ id: 'ObjectiveResult' });

/** Answer of GET /analytics/slo. */
export const sloReportSchema = z
  .object({
    from: timestamp,
    to: timestamp,
    bucket_seconds: z.int(),
    rolled_until: timestamp.describe('Buckets before are final'),
    objectives: z.array(objectiveSchema).describe('Over the whole window and all graphs asked for'),
    buckets: z.array(bucketSchema).describe('By time, graph and build; only where something was measured'),
  })
  .meta({ id: 'SloReport' });
/** See {@link sloReportSchema}. */
export type SloReport = z.infer<typeof sloReportSchema>;
