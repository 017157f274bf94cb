/** Workflow type of a moment of a cron. */
export const CRON_WORKFLOW_TYPE = 'cronFiring.v1';

/** Argument of the workflow that a cron's schedule starts. */
export interface CronFiringInput {
  readonly tenantId: string;
  readonly cronId: string;
}

/** A moment of a cron. */
export interface CronMoment extends CronFiringInput {
  /** As the schedule has it, RFC 3339; not when it was noticed. */
  readonly scheduledAt: string;
}

/** About crons, called as a normal activity. */
export interface CronActivities {
  /** Leaves the moment, of which the gateway makes the run. Idempotent. */
  recordCronFiring(moment: CronMoment): Promise<void>;
}

/** Id of a cron's schedule, and prefix of the ids of its workflows: `t/<tenantId>/cron/<cronId>`. */
export function cronScheduleId(tenantId: string, cronId: string): string {
  return `t/${tenantId}/cron/${cronId}`;
}
