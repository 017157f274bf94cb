/** Entry of the workflow bundle. The exported names are the workflow types. */
export { agentTaskV1 as 'agentTask.v1' } from './agent-task.workflow';
export { cronFiringV1 as 'cronFiring.v1' } from './cron-firing.workflow';
export { agentThreadV1 as 'agentThread.v1' } from './thread.workflow';
