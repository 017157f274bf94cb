import type { SystemMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, START, StateGraph, interrupt } from '@langchain/langgraph';
import { askModel } from '../building-blocks/ask-model';
import { report } from '../building-blocks/progress';
import { ONLY_WHAT_IS_KNOWN, quoted, systemPrompt } from '../building-blocks/prompts';
import { asAnswer } from '../building-blocks/tool-loop';
import { DRAFTS } from './limits';
import { REVIEW, type ReviewQuestion, readReview } from './review';
import { EditingState } from './state';

type State = EditingState;

function writerPrompt(): SystemMessage {
  return systemPrompt(
    'writer',
    'sub-graphs',
    'Write a short report that answers the request, from what was found out. Reply with the report and nothing else.',
    'When a draft with remarks follows, write the report again with the remarks heeded.',
    ONLY_WHAT_IS_KNOWN,
  );
}

/** Writes a draft, or a better one. */
async function write(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const wish = state.remarks === '' ? [] : [...quoted('Draft:', state.draft), ...quoted('Remarks:', state.remarks)];
  const reply = await askModel(config, { system: writerPrompt(), messages: [...state.messages, ...wish], stream: false, purpose: 'write' });
  report(config, { phase: 'drafted', draft: state.drafts + 1 });
  return { draft: asAnswer(reply).content, drafts: state.drafts + 1, remarks: '', problem: '' };
}

/** Asks the person; an answer that cannot be read changes nothing but the question. */
function review(state: State): Partial<State> {
  const { draft, problem, drafts } = state;
  const question: ReviewQuestion = { kind: 'review', draft, schema: REVIEW, ...(problem === '' ? {} : { problem }) };
  const answer = readReview(interrupt<ReviewQuestion, unknown>(question));
  if ('problem' in answer) return { problem: answer.problem };
  if (answer.decision === 'accept') return { verdict: 'accepted', problem: '' };
  return { verdict: drafts < DRAFTS ? 'sent-back' : 'limit-reached', remarks: answer.remarks, problem: '' };
}

function afterReview({ problem, verdict }: State): 'review' | 'write' | typeof END {
  if (problem !== '') return 'review';
  return verdict === 'sent-back' ? 'write' : END;
}

/** Write ⇄ review by a person; the draft that was accepted goes to the parent. */
export function buildEditing() {
  return new StateGraph(EditingState)
    .addNode('write', write)
    .addNode('review', review)
    .addEdge(START, 'write')
    .addEdge('write', 'review')
    .addConditionalEdges('review', afterReview, ['review', 'write', END])
    .compile({ name: 'editing' });
}
