import { AIMessage, HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, Overwrite, START, Send, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenNumber, chosenTools } from '../building-blocks/choices';
import { report } from '../building-blocks/progress';
import { quoted } from '../building-blocks/prompts';
import { workWithTools } from '../building-blocks/tool-loop';
import { DEBATERS, JUDGES, ROUNDS, TOOL_ROUNDS } from './limits';
import { debaterPrompt, judgePrompt } from './prompts';
import { schemas } from './schemas';
import { DebateState, type DebaterState, type JudgeState, type Position } from './state';
import { tallyOf, voteOf } from './tally';

type State = DebateState;
type Update = typeof DebateState.Update;

/** Forgets the debate of the run before. */
function open(): Update {
  return { rounds: 0, positions: new Overwrite([]), ballots: new Overwrite([]), result: null };
}

/** Answers once more, from round two on knowing what everybody said. */
async function argue({ debater, round, request, positions }: DebaterState, config: LangGraphRunnableConfig): Promise<Update> {
  const answer = await workWithTools(
    {
      system: debaterPrompt(debater, chosenNumber(config, 'debaters', DEBATERS), round, chosenNumber(config, 'rounds', ROUNDS)),
      messages: [...request, ...said(positions)],
      tools: chosenTools(config),
      rounds: TOOL_ROUNDS,
      purpose: `debater ${debater}, round ${round}`,
    },
    config,
  );
  report(config, { phase: 'argued', debater, round });
  return { positions: [{ debater, round, content: answer.content }] };
}

/** Ends a round. */
function closeRound(state: State): Update {
  return { rounds: state.rounds + 1 };
}

/** Votes. */
async function judge({ judge: number, request, positions }: JudgeState, config: LangGraphRunnableConfig): Promise<Update> {
  const reply = await askModel(config, {
    system: judgePrompt(number, chosenNumber(config, 'judges', JUDGES)),
    messages: [...request, ...said(positions)],
    stream: false,
    purpose: `judge ${number}`,
  });
  return { ballots: [{ judge: number, vote: voteOf(reply.text, positions.length) }] };
}

/** Counts the votes; the winner's last answer is the answer. */
function tally(state: State, config: LangGraphRunnableConfig): Update {
  const last = lastRound(state);
  const result = tallyOf(state.ballots, last.length);
  const best = last.find(({ debater }) => debater === result.winner)!;
  report(config, { phase: 'tally', ...result });
  return { result, messages: [new AIMessage({ content: best.content, name: `debater-${result.winner}` })] };
}

/** All debaters at once while there are rounds left, then all judges at once. */
function next(state: State, config: LangGraphRunnableConfig): Send[] {
  const request = state.messages.filter((message) => HumanMessage.isInstance(message)).slice(-1);
  const positions = lastRound(state);
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  if (state.rounds < chosenNumber(config, 'rounds', ROUNDS)) {
    const debaters = numbers(chosenNumber(config, 'debaters', DEBATERS));
    return debaters.map((debater) => new Send('argue', { debater, round: state.rounds + 1, request, positions } satisfies DebaterState));
  }
  const judges = numbers(chosenNumber(config, 'judges', JUDGES));
  return judges.map((number) => new Send('judge', { judge: number, request, positions } satisfies JudgeState));
}

function lastRound({ positions, rounds }: State): Position[] {
  return positions.filter(({ round }) => round === rounds);
}

function said(positions: readonly Position[]): BaseMessage[] {
  return positions.flatMap(({ debater, content }) => quoted(`Answer of debater ${debater}:`, content));
}

/** N debaters answer in M rounds, judges vote, the votes are counted. The answer is the winner's last one. */
export const debate = defineGraph({
  graphId: 'debate',
  version: '1.0.0',
  description: 'Several debaters answer in rounds, each knowing what the others said; judges vote for the best answer.',
  schemas,
  build: () =>
    new StateGraph(DebateState)
      .addNode('open', open)
      .addNode('argue', argue)
      .addNode('close-round', closeRound)
      .addNode('judge', judge)
      .addNode('tally', tally)
      .addEdge(START, 'open')
      .addConditionalEdges('open', next, ['argue'])
      .addEdge('argue', 'close-round')
      .addConditionalEdges('close-round', next, ['argue', 'judge'])
      .addEdge('judge', 'tally')
      .addEdge('tally', END)
      .compile({ name: 'debate' }),
});
