import { AIMessage, ToolMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, START, StateGraph, interrupt } from '@langchain/langgraph';
import { callTool, defineGraph } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenTools } from '../building-blocks/choices';
import { report } from '../building-blocks/progress';
import { type ApprovalQuestion, questionAbout, readDecision } from './decision';
import { proposerPrompt, reporterPrompt } from './prompts';
import { schemas } from './schemas';
import { type Proposal, ApprovalState } from './state';

type State = ApprovalState;

/** Proposes one tool call, or answers. */
async function generate(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const reply = await askModel(config, { system: proposerPrompt(), messages: state.messages, tools: chosenTools(config), purpose: 'propose' });
  const [call] = reply.tool_calls ?? [];
  if (call === undefined) return { messages: [reply], proposal: null, verdict: 'none', reason: '', problem: '' };
  const proposal: Proposal = { id: call.id ?? `${reply.id ?? 'proposal'}-0`, tool: call.name, args: call.args as Proposal['args'] };
  report(config, { phase: 'proposed', tool: proposal.tool });
  return { messages: [requestOf(proposal, reply)], proposal, verdict: 'pending', reason: '', problem: '' };
}

/** Asks the person; an answer that cannot be read changes nothing but the question. */
function approve(state: State, config: LangGraphRunnableConfig): Partial<State> {
  const proposal = proposed(state);
  const answer = readDecision(interrupt<ApprovalQuestion, unknown>(questionAbout(proposal, state.problem)));
  if ('problem' in answer) return { problem: answer.problem };
  report(config, { phase: 'decided', decision: answer.decision });
  if (answer.decision === 'approve') return { verdict: 'approved', problem: '' };
  if (answer.decision === 'edit') return { verdict: 'edited', proposal: { ...proposal, args: answer.args }, problem: '' };
  return { verdict: 'rejected', reason: answer.reason, problem: '' };
}

/** Makes the call as it was decided on; the conversation shows the arguments that were used. */
async function execute(state: State): Promise<Partial<State>> {
  const proposal = proposed(state);
  const request = state.messages.findLast((message) => AIMessage.isInstance(message));
  const result = await callTool({ id: proposal.id, name: proposal.tool, args: proposal.args });
  return { messages: [...(state.verdict === 'edited' && request !== undefined ? [requestOf(proposal, request)] : []), result] };
}

/** Says what came of it. */
async function conclude(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  return { messages: [await askModel(config, { system: reporterPrompt(), messages: state.messages, purpose: 'report' })] };
}

/** Answers the call in the place of the tool: a conversation with an open call is refused by models. */
function decline(state: State): Partial<State> {
  const { id, tool } = proposed(state);
  const refusal = new ToolMessage({ id: `${id}-refused`, tool_call_id: id, name: tool, status: 'error', content: `Refused by a person: ${state.reason}` });
  return { messages: [refusal] };
}

function afterApprove(state: State): 'approve' | 'decline' | 'execute' {
  if (state.problem !== '') return 'approve';
  return state.verdict === 'rejected' ? 'decline' : 'execute';
}

function proposed({ proposal }: State): Proposal {
  if (proposal === null) throw new TypeError('there is no proposal to decide on');
  return proposal;
}

/** The model's message with exactly the proposed call. */
function requestOf({ id, tool, args }: Proposal, reply: AIMessage): AIMessage {
  return new AIMessage({
    content: reply.content,
    tool_calls: [{ id, name: tool, args: { ...args }, type: 'tool_call' }],
    ...(reply.id === undefined ? {} : { id: reply.id }),
  });
}

/** Generate → approve (a person: approve, edit or reject) → execute → conclude. */
export const generateApproveExecute = defineGraph({
  graphId: 'generate-approve-execute',
  version: '1.0.0',
  description: 'Proposes a tool call and makes it only when a person approves, as proposed or edited.',
  schemas,
  build: () =>
    new StateGraph(ApprovalState)
      .addNode('generate', generate)
      .addNode('approve', approve)
      .addNode('execute', execute)
      .addNode('conclude', conclude)
      .addNode('decline', decline)
      .addEdge(START, 'generate')
      .addConditionalEdges('generate', (state) => (state.proposal === null ? END : 'approve'), ['approve', END])
      .addConditionalEdges('approve', afterApprove, ['approve', 'execute', 'decline'])
      .addEdge('execute', 'conclude')
      .addEdge('conclude', END)
      .addEdge('decline', END)
      .compile({ name: 'generate-approve-execute' }),
});
