/** Entry of the workflow bundle. The exported name is the workflow type. */
export { agentThreadV1 as 'agentThread.v1' } from './thread.workflow';
