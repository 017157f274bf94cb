export { type DatabaseOptions, type Sql, Database, createDatabase } from './database';
export { type TenantScope } from './tenant-scope';
export {
  type AssistantRow,
  type AssistantVersionRow,
  type CheckpointRow,
  type GraphRow,
  type RunRow,
  type SubGraphRow,
  type TaskSnapshotRow,
  type ThreadRow,
} from './rows.schema';
export { type JournalPage, RunJournal } from './run-journal';
export { TaskJournal } from './task-journal';
export {
  type BeginRunReply,
  type BeginRunRequest,
  type BeginRunResult,
  type CheckpointDraft,
  type CommitResult,
  type EditResult,
  type JournalNotice,
  type ProgressBatch,
  type RunEnd,
  type RunRef,
  type TaskProgressBatch,
  type ThreadEdit,
} from './journal.types';
export { RunsRepository } from './runs.repository';
export {
  type ActiveRun,
  type CancelPendingResult,
  type CreateRunInput,
  type CreateRunResult,
  type DueDelivery,
  type DueThreadDeletion,
  type RunListQuery,
  type StaleRun,
} from './runs.types';
export { type DueThread, type ThreadTtl, ThreadTtlsRepository } from './thread-ttls.repository';
export { ThreadsRepository } from './threads.repository';
export { type CreateThreadInput, type ThreadFilter, type ThreadSearch } from './threads.types';
export { type HistoryQuery, CheckpointsRepository } from './checkpoints.repository';
export { SubGraphStatesRepository, type ToldState, type ToldStatesQuery } from './sub-graph-states.repository';
export { AssistantsRepository } from './assistants.repository';
export { type AssistantFields, type AssistantFilter, type AssistantSearch, type VersionQuery } from './assistants.types';
export { systemAssistantId } from './system-assistant';
export { type GraphLoads, type GraphRegistration, GraphsRepository } from './graphs.repository';
export { APPROVAL_LIMITS, ApprovalsRepository, keepsNoMore } from './approvals.repository';
export { type ApprovalEntryRow, type ApprovalRow } from './approvals.rows';
export { shownHash } from './approval-questions';
export {
  type ActResult,
  type ApprovalAct,
  type ApprovalChange,
  type ApprovalQuery,
  type DueApproval,
  type EntryDraft,
  type HeldApproval,
  type Verdict,
} from './approvals.types';
export { type DueWait, type EventDraft, type PostResult, type WaitQuery, type WakeResult } from './waits.types';
export { type DeletedPast, RetentionRepository } from './retention.repository';
export { WaitsRepository } from './waits.repository';
export { type PostedEventRow, type WaitRow } from './waits.rows';
export {
  CRON_SORT_COLUMNS,
  type ClaimedFiring,
  type CronFields,
  type CronFilter,
  type CronFiring,
  type CronSearch,
  type CronUpdate,
  type NewCron,
} from './crons.types';
export { CRON_OVERLAPS, type CronRow } from './crons.rows';
export { CronsRepository, MAX_CRONS } from './crons.repository';
export { CronFiringsRepository } from './cron-firings.repository';
export { type BuildRow, BuildsRepository, type RunCounts } from './builds.repository';
export { type BlobInput, BlobsRepository, type BlobUse } from './blobs.repository';
export { type AuthenticatedKey, ApiKeysRepository } from './api-keys.repository';
export { type PlacedEdit, ThreadEditsRepository } from './thread-edits.repository';
export { type PlacedRun, type RunPlace, ThreadRunsRepository } from './thread-runs.repository';
export { SloRepository } from './slo.repository';
export {
  type SloCounts,
  type SloDefinition,
  type SloProgress,
  type SloQuery,
  type SloRollUp,
  type SloSeries,
  type SloTotals,
  type SloTotalsQuery,
} from './slo.types';
export { OutboxRepository } from './outbox.repository';
export { type OutboxLag, type OutboxRow, type OutboxSession, type StreamState, OUTBOX_PARTITIONS } from './outbox.types';
export { type ClaimedModelCall, type ModelCallClaim, type ModelCallKey, ModelCallsRepository } from './model-calls.repository';
export {
  type StoredToolOutcome,
  type ToolCallClaim,
  type ToolCallClaimed,
  type ToolCallEnd,
  type ToolCallEnded,
  type ToolCallKey,
  type ToolCallRefusal,
  type ToolCallRow,
  ToolCallsRepository,
} from './tool-calls.repository';
export { ToolRoutersRepository } from './tool-routers.repository';
export { type BatchWrite, TenantBatcher } from './tenant-batcher';
