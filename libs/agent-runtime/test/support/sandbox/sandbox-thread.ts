/*
 * A thread's workflows in a sandbox, with what answers them: a journal in memory, scripted models and tools. Runs by Node's type stripping.
 */
import { createHash } from 'node:crypto';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import type { BeginRunRequest, CommitEditRequest, LoadThreadRequest, LocalErrand, ModelRequest, ProgressBatch, TaskProgressBatch, ToolRequest } from '../../../src/api';
import { callKindOf } from '../../../src/api/calls.ts';
import { THREAD_WORKFLOW_TYPE, threadWorkflowId } from '../../../src/api/thread.ts';
import { type CatalogueTurn, modelReply, toolReply } from '../catalogue-conversations.ts';
import { TestJournal } from '../test-journal.ts';
import type { Job, Sandbox, SandboxCommand, SandboxWorkflow } from './sandbox.ts';

/** Something that will be handed to a workflow. */
interface Due {
  readonly of: Opened;
  readonly job: Job;
}

interface Opened {
  readonly workflowId: string;
  readonly workflow: SandboxWorkflow;
  /** Where the end of a child is told. */
  readonly parent?: { readonly of: Opened; readonly seq: number };
}

/** A conversation with a graph. */
export interface SandboxConversation {
  readonly tenantId: string;
  readonly graphId: string;
  readonly turns: readonly CatalogueTurn[];
  /** Chooses which of several answers comes first. */
  readonly seed: string;
}

const BEGAN = Date.UTC(2030, 0, 1);
const MS_PER_ACTIVATION = 7;

/** Fields of the commands that are acted on. */
interface Asked {
  readonly seq: number;
  readonly activityType: string;
  readonly arguments: readonly Payload[];
  readonly workflowId: string;
  readonly workflowType: string;
  readonly input: Payload[];
  readonly result?: Payload;
}

/** One conversation, activation by activation. */
export class SandboxThread {
  /** Every command with the execution that gave it, payloads as text. */
  readonly transcript: string[] = [];
  readonly journal = new TestJournal();
  private readonly sandbox: Sandbox;
  private readonly about: SandboxConversation;
  private readonly threadId: string;
  private readonly due: Due[] = [];
  private readonly open = new Set<Opened>();
  private readonly turns: CatalogueTurn[];
  private activations = 0;

  constructor(sandbox: Sandbox, about: SandboxConversation) {
    this.sandbox = sandbox;
    this.about = about;
    this.threadId = idOf(`${about.tenantId}/${about.graphId}`);
    this.turns = [...about.turns];
  }

  /** Makes one activation; false when the conversation is over. */
  async step(): Promise<boolean> {
    if (this.due.length === 0 && !(await this.beginTurn())) return false;
    const [{ of, job }] = this.due.splice(this.choose(this.due.length), 1) as [Due];
    this.activations += 1;
    for (const command of await of.workflow.activate(job, this.now)) {
      this.transcript.push(`${of.workflowId} ${textOf(command)}`);
      await this.follow(of, command);
    }
    return true;
  }

  /** Lets go of what is still open. */
  async dispose(): Promise<void> {
    for (const { workflow } of this.open) await workflow.dispose();
  }

  private get now(): number {
    return BEGAN + this.activations * MS_PER_ACTIVATION;
  }

  private choose(most: number): number {
    const hash = createHash('sha256').update(`${this.about.seed}/${this.activations}`).digest();
    return hash.readUInt32BE(0) % most;
  }

  private async beginTurn(): Promise<boolean> {
    if (this.open.size > 0) throw new Error(`${this.about.graphId}: a workflow waits for something that nobody brings`);
    const turn = this.turns.shift();
    if (turn === undefined) return false;
    const { tenantId, graphId } = this.about;
    const { threadId } = this;
    const { runId } = this.journal.add({ ...turn, runId: idOf(`${threadId}/${this.turns.length}`), threadId, graphId });
    const args = [payloadOf({ tenantId, threadId, runs: [{ runId, graphId }] })];
    await this.begin(threadWorkflowId(tenantId, threadId), THREAD_WORKFLOW_TYPE, args);
    return true;
  }

  private async begin(workflowId: string, type: string, args: Payload[], parent?: Opened['parent']): Promise<void> {
    const runId = idOf(`${workflowId}/${this.activations}`);
    const workflow = await this.sandbox.begin({ workflowId, runId, type, args, now: this.now });
    const opened: Opened = { workflowId, workflow, ...(parent === undefined ? {} : { parent }) };
    this.open.add(opened);
    this.due.push({ of: opened, job: workflow.start });
  }

  private async follow(of: Opened, command: SandboxCommand): Promise<void> {
    const [name, asked] = Object.entries(command).find(([key, value]) => key !== 'userMetadata' && value != null) as unknown as [string, Asked];
    const { seq } = asked;
    switch (name) {
      case 'scheduleLocalActivity':
      case 'scheduleActivity': {
        const isLocal = name === 'scheduleLocalActivity';
        const result = payloadOf(this.answer(asked.activityType, valueOf(asked.arguments[0]!), isLocal));
        return void this.due.push({ of, job: { resolveActivity: { seq, isLocal, result: { completed: { result } } } } });
      }
      case 'startTimer':
        // Only a run that was started without work waits, and a budget of seconds: here none ever ends that way.
        return;
      case 'startChildWorkflowExecution': {
        this.due.push({ of, job: { resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: idOf(asked.workflowId) } } } });
        return this.begin(asked.workflowId, asked.workflowType, asked.input, { of, seq });
      }
      case 'completeWorkflowExecution':
        this.open.delete(of);
        if (of.parent !== undefined) {
          const job: Job = { resolveChildWorkflowExecution: { seq: of.parent.seq, result: { completed: { result: asked.result! } } } };
          this.due.push({ of: of.parent.of, job });
        }
        return of.workflow.dispose();
      case 'cancelTimer':
      case 'setPatchMarker':
        return;
      default:
        throw new Error(`${this.about.graphId}: the workflow asks for ${name}: ${textOf(command)}`);
    }
  }

  private answer(activityType: string, request: unknown, isLocal: boolean): unknown {
    const { journal } = this;
    switch (activityType) {
      case 'beginRun':
        return journal.beginRun(request as BeginRunRequest);
      case 'loadThread':
        return journal.loadThread(request as LoadThreadRequest);
      case 'commitEdit':
        return journal.commitEdit(request as CommitEditRequest);
      case 'commitProgress':
        return void journal.commitProgress(request as ProgressBatch);
      case 'commitTask':
        return void journal.commitTask(request as TaskProgressBatch);
      default: {
        const { commit } = request as LocalErrand;
        const committed = commit !== undefined && journal.commitProgress(commit) ? { committed: true } : {};
        const answer = callKindOf(activityType) === 'model' ? this.modelSays(request as ModelRequest) : toolReply(request as ToolRequest);
        return isLocal ? { answer, ms: 1, ...committed } : answer;
      }
    }
  }

  private modelSays(request: ModelRequest): unknown {
    const { ref } = request;
    return modelReply(request, this.journal.count(`${ref.runId}/${ref.node}`) - 1);
  }
}

function payloadOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value)!;
}

function valueOf(payload: Payload): unknown {
  return defaultPayloadConverter.fromPayload(payload);
}

function idOf(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function textOf(command: SandboxCommand): string {
  return JSON.stringify(command, (_, value: unknown) =>
    ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8') : value,
  );
}
