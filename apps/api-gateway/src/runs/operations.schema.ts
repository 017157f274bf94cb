import { z } from 'zod';
import { jsonObject } from '../http/wire.schema';

/** Body of a pause. */
export const pauseSchema = z.strictObject({ reason: z.string().max(500).nullish() }).meta({ id: 'PauseRun' });

/** What a pause and a resume answer with. */
export const pausedRunSchema = z
  .object({
    run_id: z.string(),
    thread_id: z.string(),
    status: z.enum(['paused', 'pausing', 'running']).describe('`pausing`: it is in a long superstep, and stands still after it; ask again to learn more'),
  })
  .meta({ id: 'PausedRun' });
/** See {@link pausedRunSchema}. */
export type PausedRun = z.infer<typeof pausedRunSchema>;

/** Body of a skip. */
export const skipSchema = z
  .strictObject({ values: jsonObject.nullable().describe('What the failed node is taken to have returned; null: nothing') })
  .meta({ id: 'SkipStep' });
