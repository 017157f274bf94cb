import type { BaseMessage } from '@langchain/core/messages';
import { MAX_RESULT_BYTES } from '@holdfast/contracts/limits';
import type { CallRef, ModelRequest, ToolRequest } from '../../api';
import type { AbridgedMessages, AgentCall, CallSite, ModelCall, ToolCall } from '../../graph';
import { canonicalText } from '../canonical-text';
import { NOTHING, requireStorable } from '../measure';
import { sha256 } from '../sha256';
import { AskedMessages } from './asked-messages';
import { CallNames } from './call-names';
import type { CallingRun } from './calling-run';

/** Turns what nodes ask into requests, named for the ledgers by the run, the task and what they say. */
export class CallRequests {
  private readonly names: CallNames;
  private readonly asked: AskedMessages;

  constructor(private readonly run: CallingRun) {
    this.names = new CallNames(run.callNaming);
    this.asked = new AskedMessages(run.lists);
  }

  /** True when a call was named. */
  get wereMade(): boolean {
    return this.names.wereMade;
  }

  /** See `CallPort`. */
  abridge(messages: readonly BaseMessage[]): AbridgedMessages {
    return this.run.callNaming === 'digests' ? this.asked.abridge(messages) : { messages, lists: [] };
  }

  /** Asks a model. @throws HoldfastError CALL_TOO_LARGE, RESULT_INVALID */
  model(site: CallSite, call: Omit<ModelCall, 'lane'>): ModelRequest {
    const { messages, lists = [], tools, params, purpose } = call;
    const listed = { count: lists.length, bytes: this.asked.sizeOf(lists) };
    requireStorable(call, 'What a node asks a model', MAX_RESULT_BYTES, 'CALL_TOO_LARGE', (list) => (list === lists ? listed : NOTHING));
    if (this.run.callNaming === 'digests') {
      const asked = sha256(canonicalText([this.asked.digestsOf(messages, lists), tools, params, purpose]));
      return { ref: this.refOf(site, ['model', asked]), ...call, asked };
    }
    // Without their ids: those of messages that a node makes come from the run's random numbers.
    const withoutIds = messages.map(({ id: _, ...message }) => message);
    return { ref: this.refOf(site, ['model', withoutIds, tools, params, purpose]), ...call };
  }

  /** Asks a tool. @throws HoldfastError CALL_TOO_LARGE, RESULT_INVALID */
  tool(site: CallSite, call: Omit<ToolCall, 'lane'>): ToolRequest {
    requireStorable(call, 'What a node asks a tool', MAX_RESULT_BYTES, 'CALL_TOO_LARGE');
    // Not the arguments: by the same name with others the ledger sees that a node does not do the same again, and refuses it.
    return { ref: this.refOf(site, ['tool', call.toolCallId, call.name]), ...call };
  }

  /** Id of a sub-agent's task, and its namespace in the run's stream. One that goes on with an answer keeps its id. */
  task(site: CallSite, { graph, ...call }: AgentCall): { readonly taskId: string; readonly ns: readonly string[] } {
    const taskId = call.answered?.taskId ?? this.refOf(site, ['agent', graph, call]).callId;
    return { taskId, ns: [...this.prefix, ...site.path, `${graph}:${taskId.split('/').at(-1)}`] };
  }

  /** @param content what tells the call from others of its task */
  private refOf({ node, ns, task }: CallSite, content: readonly unknown[]): CallRef {
    const { ref, originRunId, graphId, task: of } = this.run;
    const name = this.names.next(task, content);
    const callId = of === undefined ? name : `${of.taskId}/${name}`;
    return { ...ref, originRunId, graphId, node, ns: [...this.prefix, ...ns], callId };
  }

  /** Namespace of the graph in the run's stream. */
  private get prefix(): readonly string[] {
    return this.run.task?.ns ?? [];
  }
}
