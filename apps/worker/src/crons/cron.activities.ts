import type { CronActivities } from '@holdfast/agent-runtime/api';
import type { CronFiringsRepository } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { toActivityFailure } from '../activities/activity-failure';

/** Binds what a cron's schedule starts to the database. */
export function createCronActivities(firings: Pick<CronFiringsRepository, 'record'>): CronActivities {
  return {
    recordCronFiring: async ({ tenantId, cronId, scheduledAt }) => {
      try {
        await firings.record(systemContext(tenantId, 'crons', `cron-${cronId}`), { cronId, scheduledAt: new Date(scheduledAt) });
      } catch (error) {
        throw toActivityFailure(error);
      }
    },
  };
}
