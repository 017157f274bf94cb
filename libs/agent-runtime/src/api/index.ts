export {
  AGENT_TASK_WORKFLOW_TYPE,
  type AgentBudget,
  type AgentSpending,
  type AgentTaskInput,
  type AgentTaskResult,
  type AnsweredTask,
  type AskingTask,
  type AwaitTaskRequest,
  MAX_TASK_PATH,
  type TaskProgressBatch,
  agentTaskWorkflowId,
  taskWorkflowPrefix,
  threadWorkflowOfTask,
} from './agent-task';
export {
  type CommitEditReply,
  type CommitEditRequest,
  type LoadThreadReply,
  type LoadThreadRequest,
  type ModelActivity,
  type RuntimeActivities,
  type TaskActivities,
  type ToolActivity,
  RUN_FENCED,
} from './activities';
export { type BeginRunAfter, type BeginRunGo, type BeginRunReply, type BeginRunRequest, type BeginRunSkip, type KeptByWorkflow, type NodeSelection, savedLists } from './begin-run';
export {
  CALL_RETRY,
  CALL_TIMEOUT_MS,
  type CallKind,
  type CallNaming,
  type CallPolicy,
  type CallRef,
  HANDOVER_MS,
  type Lane,
  type LocalAnswer,
  type LocalErrand,
  type ModelPolicy,
  type ModelReply,
  type ModelRequest,
  type PassedOver,
  type PlacedList,
  type ToolReply,
  type ToolRequest,
  callActivityType,
  callKindOf,
} from './calls';
export { CRON_WORKFLOW_TYPE, type CronActivities, type CronFiringInput, type CronMoment, cronScheduleId } from './crons';
export { WORKER_DEPLOYMENT } from './deployment';
export type { StateFrame, TaskStartFrame } from './frames';
export type { InjectInputAnswer, InjectInputCommand } from './inject';
export type { PauseAnswer, PauseRunCommand, ResumeRunCommand } from './pause';
export type { CheckpointDraft, ProgressBatch, RunEnd, SubGraphState, TaskSnapshot } from './progress';
export {
  type CancelRunAnswer,
  type CancelRunCommand,
  type EditStateAnswer,
  type EditStateCommand,
  type RunDelivery,
  type SubGraphEdit,
  type RunRef,
  type ThreadInput,
  THREAD_WORKFLOW_TYPE,
  ThreadSignal,
  ThreadUpdate,
  threadOfWorkflow,
  threadWorkflowId,
} from './thread';
export { KEPT_APART_PREFIX, UNRECORDED_PREFIX, keptApart, unrecorded } from './unrecorded';
