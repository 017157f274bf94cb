import type { RunEventDraft } from '@holdfast/contracts/events';
import type { CallNaming, Lane } from './calls';
import { type RunRef, threadWorkflowId } from './thread';

/** Workflow type of a sub-agent's task. Never renamed: a breaking change is a new type beside it. */
export const AGENT_TASK_WORKFLOW_TYPE = 'agentTask.v1';

/**
 * Most characters of a task's path ({@link AgentTaskInput.taskId}): six agents deep. Temporal's tables hold 255 characters of a workflow id; a
 * child with a longer one is never started and never fails (server 1.31 with PostgreSQL).
 */
export const MAX_TASK_PATH = 120;

/** What a sub-agent may use up. A limit that is absent does not limit. Whoever goes beyond one gets the error BUDGET_EXCEEDED. */
export interface AgentBudget {
  /** Supersteps of its graph. */
  readonly steps?: number;
  /** Model calls, tool calls and tasks of its own. */
  readonly calls?: number;
  /** Tokens that models read and wrote, as they report them. The call that goes beyond it is the last one. */
  readonly tokens?: number;
  /** Wall time since its start, seconds. */
  readonly seconds?: number;
}

/** What a sub-agent used up, those that it asked among it. */
export interface AgentSpending {
  readonly steps: number;
  readonly calls: number;
  readonly tokens: number;
}

/** Argument of the workflow {@link AGENT_TASK_WORKFLOW_TYPE}: a graph that runs for a node of another one. */
export interface AgentTaskInput extends RunRef {
  /** The run in whose ledgers the calls stand. */
  readonly originRunId: string;
  /** Name of the task under the origin run: the calls that led to it, `/` between them. Names of its own calls begin with it. */
  readonly taskId: string;
  /** Namespace in the run's stream. */
  readonly ns: readonly string[];
  /** Superstep of the root graph that asked. */
  readonly step: number;
  readonly graphId: string;
  readonly input: unknown;
  readonly configurable: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly budget: AgentBudget;
  /** Of its calls; default: what its graph says. */
  readonly lane?: Lane;
  /** Of its calls. Absent: by place. */
  readonly callNaming?: CallNaming;
  /** See `BeginRunGo`. */
  readonly boundsCalls?: boolean;
  /** Where an earlier execution of the task stopped because its history was long. */
  readonly carried?: {
    /** The saver's dump. */
    readonly saved: string;
    readonly spent: AgentSpending;
    readonly lastCommit: number;
    /** When the first execution began, milliseconds since 1970. */
    readonly startedAt: number;
  };
}

/** Result of the workflow. An error is its failure, with the code as its type. */
export interface AgentTaskResult {
  /** State of the graph at its end, messages as flat dictionaries. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly spent: AgentSpending;
}

/** What a task did since its last commit. It joins the journal of the run. */
export interface TaskProgressBatch extends RunRef {
  readonly taskId: string;
  /** 1, 2, 3 … within the task; a repeat adds what is not there yet. */
  readonly commit: number;
  readonly events: readonly RunEventDraft[];
}

/** Asks for the end of a task that another execution of its parent has started. */
export interface AwaitTaskRequest {
  readonly workflowId: string;
}

/** Id of a task's workflow: the same whoever starts it, so that it is not started twice. */
export function agentTaskWorkflowId(task: Pick<AgentTaskInput, 'tenantId' | 'threadId' | 'originRunId' | 'taskId'>): string {
  const { tenantId, threadId, originRunId, taskId } = task;
  return `${threadWorkflowId(tenantId, threadId)}/run/${originRunId}/task/${taskId}`;
}
