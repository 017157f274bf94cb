import { RepeatingRound, type LogSink } from '@holdfast/nest-kit';
import type { RetentionRepository } from '@holdfast/persistence';

/** Deleted runs whose calls one round deletes at most. */
const BATCH = 500;
const PAUSE_MS = 60_000;

/** Rounds that delete the ledger of runs that were deleted so many days ago. Any number of routers may do so at once. */
export function outlivedCalls(retention: Pick<RetentionRepository, 'deleteToolCalls'>, keptDays: number, log: LogSink): RepeatingRound {
  const round = async (): Promise<boolean> => (await retention.deleteToolCalls({ limit: BATCH, keptDays })) === BATCH;
  return new RepeatingRound({ name: 'retention of tool calls', round, pauseMs: PAUSE_MS, log });
}
