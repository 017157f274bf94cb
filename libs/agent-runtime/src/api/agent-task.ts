import type { RunEventDraft } from '@holdfast/contracts/events';
import type { Interrupt } from '@holdfast/contracts/runs';
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
  /** Of a task that goes on after it has asked people. */
  readonly answered?: AnsweredTask;
  /** Of its calls. Absent: by place. */
  readonly callNaming?: CallNaming;
  /** See `BeginRunGo`. */
  readonly boundsCalls?: boolean;
  /** See `BeginRunGo`. */
  readonly settlesCalls?: boolean;
  /** See `BeginRunGo`. */
  readonly boundsReplay?: boolean;
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
  /** State of the graph at its end, messages as flat dictionaries; while it asks, none. */
  readonly values: Readonly<Record<string, unknown>>;
  /** From the task's beginning, its earlier parts among it. */
  readonly spent: AgentSpending;
  /** It has not ended: it asks people, and goes on with their answer in another workflow. */
  readonly asks?: AskingTask;
}

/** A task that waits for people. */
export interface AskingTask {
  readonly taskId: string;
  /** How often it has asked, this time included. */
  readonly part: number;
  /** The first of its questions. */
  readonly question: Interrupt;
  /** The `saved` text of its state. */
  readonly saved: string;
}

/** A task that has asked, with the answer. */
export interface AnsweredTask extends AskingTask {
  readonly spent: AgentSpending;
  readonly answer: unknown;
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

/** Id of a task's workflow: the same whoever starts it, so that it is not started twice. After each answer the task goes on in one of its own. */
export function agentTaskWorkflowId(task: Pick<AgentTaskInput, 'tenantId' | 'threadId' | 'originRunId' | 'taskId' | 'answered'>): string {
  const { tenantId, threadId, originRunId, taskId, answered } = task;
  const part = answered === undefined ? '' : `~${answered.part}`;
  return `${threadWorkflowId(tenantId, threadId)}/run/${originRunId}/task/${taskId}${part}`;
}

/** What the ids of a thread's tasks begin with, however deep they are. @param threadWorkflow id of the thread's workflow */
export function taskWorkflowPrefix(threadWorkflow: string): string {
  return `${threadWorkflow}/run/`;
}

/** Id of the workflow of the thread that a task belongs to; undefined for a workflow of another kind. */
export function threadWorkflowOfTask(workflowId: string): string | undefined {
  return /^(t\/[\da-f-]+\/th\/[\da-f-]+)\/run\/[\da-f-]+\/task\//.exec(workflowId)?.[1];
}
