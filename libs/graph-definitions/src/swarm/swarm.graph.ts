import { AIMessage } from '@langchain/core/messages';
import { Command, END, type LangGraphRunnableConfig, START, StateGraph } from '@langchain/langgraph';
import { callTools, defineGraph } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenNumber } from '../building-blocks/choices';
import { handoffOf } from '../building-blocks/model-texts';
import { report } from '../building-blocks/progress';
import { asAnswer, asksForTools } from '../building-blocks/tool-loop';
import { HANDOFFS, TOOL_ROUNDS } from './limits';
import { PEERS, type PeerName } from './peers';
import { peerPrompt } from './prompts';
import { schemas } from './schemas';
import { SwarmState } from './state';

type State = SwarmState;
type Update = typeof SwarmState.Update;
type Goto = PeerName | 'tools' | typeof END;

/** Gives the word to whoever had it last; input can name anybody, and a thread must not be stuck with nobody. */
function enter(state: State): Command<unknown, Update, PeerName> {
  const active = PEERS.has(state.active) ? state.active : PEERS.names[0]!;
  return new Command({ goto: active, update: { active, handoffs: 0, rounds: 0 } });
}

/** Speaks: asks for tools, hands over, or answers. */
const peer = (name: PeerName) => async (state: State, config: LangGraphRunnableConfig): Promise<Command<unknown, Update, Goto>> => {
  const tools = PEERS.toolsOf(name, config);
  const offered = tools.length > 0 && state.rounds < TOOL_ROUNDS;
  const mayHandOver = state.handoffs < chosenNumber(config, 'max_handoffs', HANDOFFS);
  const reply = await askModel(config, { system: peerPrompt(name, mayHandOver), messages: state.messages, tools: offered ? tools : [], purpose: name });
  if (offered && asksForTools(reply)) return new Command({ goto: 'tools', update: { messages: [signed(reply, name)], rounds: state.rounds + 1 } });
  const messages = [signed(asAnswer(reply), name)];
  const handoff = mayHandOver ? handoffOf(reply.text) : undefined;
  if (handoff === undefined || !PEERS.has(handoff.to) || handoff.to === name) return new Command({ goto: END, update: { messages } });
  report(config, { phase: 'handoff', from: name, to: handoff.to, task: handoff.task });
  return new Command({ goto: handoff.to, update: { messages, active: handoff.to, handoffs: state.handoffs + 1 } });
};

const waysFrom = (name: PeerName): Goto[] => [...PEERS.names.filter((other) => other !== name), 'tools', END];

/** Runs what the active peer asked for, and gives it the word again. */
async function tools({ messages, active }: State): Promise<Command<unknown, Update, PeerName>> {
  return new Command({ goto: active, update: { messages: await callTools(messages.at(-1) as AIMessage) } });
}

/** Who said it stands in the message, for persons and for the other peers. */
function signed(reply: AIMessage, name: PeerName): AIMessage {
  return new AIMessage({ content: reply.content, name, tool_calls: reply.tool_calls ?? [], ...(reply.id === undefined ? {} : { id: reply.id }) });
}

/** Peers who hand over to each other; whoever has the word keeps it for the next run of the thread. */
export const swarm = defineGraph({
  graphId: 'swarm',
  version: '1.0.0',
  description: 'Peers with tools of their own hand the conversation over to each other; nobody is above them.',
  schemas,
  build: () =>
    new StateGraph(SwarmState)
      .addNode('enter', enter, { ends: [...PEERS.names] })
      .addNode('guide', peer('guide'), { ends: waysFrom('guide') })
      .addNode('librarian', peer('librarian'), { ends: waysFrom('librarian') })
      .addNode('clerk', peer('clerk'), { ends: waysFrom('clerk') })
      .addNode('tools', tools, { ends: [...PEERS.names] })
      .addEdge(START, 'enter')
      .compile({ name: 'swarm' }),
});
