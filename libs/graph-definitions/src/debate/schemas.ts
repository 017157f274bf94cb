import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { CONTENT, COUNT, MESSAGES, MODEL, bounded, conversationInput, listOf, object, toolGlobs } from '../building-blocks/schemas';
import { DEBATERS, JUDGES, ROUNDS } from './limits';

const nothing = { type: 'null' };
const result = { anyOf: [object('Tally', { votes: listOf(COUNT), abstentions: COUNT, winner: COUNT }), nothing] };
const positions = listOf(object('Position', { debater: COUNT, round: COUNT, content: CONTENT }));
const ballots = listOf(object('Ballot', { judge: COUNT, vote: { anyOf: [COUNT, nothing] } }));

/** JSON Schemas of debate. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('DebateInput'),
  output: object('DebateOutput', { messages: MESSAGES, result }),
  state: object('DebateState', { messages: MESSAGES, rounds: COUNT, positions, ballots, result }),
  config: object('DebateConfig', {
    debaters: bounded(DEBATERS, 'Who answer, at the same time.'),
    rounds: bounded(ROUNDS, 'Rounds in which they answer.'),
    judges: bounded(JUDGES, 'Who vote, at the same time.'),
    tools: toolGlobs('every debater is offered'),
    model: MODEL,
  }),
};
