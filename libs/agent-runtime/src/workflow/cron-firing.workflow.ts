import { defineSearchAttributeKey } from '@temporalio/common';
import { ApplicationFailure, proxyActivities, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { CronActivities, CronFiringInput } from '../api';

/** Set by the server on what a schedule starts. */
const SCHEDULED_AT = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

const { recordCronFiring } = proxyActivities<CronActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** A moment of a cron. It ends at once: what a run does is not its business. */
export async function cronFiringV1({ tenantId, cronId }: CronFiringInput): Promise<void> {
  const scheduledAt = workflowInfo().typedSearchAttributes.get(SCHEDULED_AT);
  if (scheduledAt === undefined) throw ApplicationFailure.nonRetryable('This workflow is for schedules to start.');
  await recordCronFiring({ tenantId, cronId, scheduledAt: scheduledAt.toISOString() });
}

// See agentThreadV1.
setWorkflowOptions({ failureExceptionTypes: [Error] }, cronFiringV1);
