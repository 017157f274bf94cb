import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, START, StateGraph } from '@langchain/langgraph';
import { type JsonSchema, defineGraph } from '@holdfast/agent-runtime/graph';
import { HoldfastError } from '@holdfast/contracts/errors';
import { askModel } from '../building-blocks/ask-model';
import { chosenNumber, chosenTools } from '../building-blocks/choices';
import { report } from '../building-blocks/progress';
import { quoted } from '../building-blocks/prompts';
import { workWithTools } from '../building-blocks/tool-loop';
import { ATTEMPTS, TOOL_ROUNDS } from './limits';
import { checkOutput } from './output-check';
import { formatterPrompt, workerPrompt } from './prompts';
import { DEFAULT_OUTPUT, schemas } from './schemas';
import { StructuredState } from './state';

type State = StructuredState;

/** Finds out what is needed. */
async function work(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const answer = await workWithTools(
    { system: workerPrompt(), messages: state.messages, tools: chosenTools(config), rounds: TOOL_ROUNDS, purpose: 'work' },
    config,
  );
  return { findings: answer.content, draft: '', attempts: 0, problems: [], output: null };
}

/** Writes JSON; from the second attempt on knowing what was wrong with the one before. */
async function format(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const wrong = state.problems.length === 0 ? [] : [new AIMessage({ content: state.draft }), new HumanMessage(`INVALID:\n${state.problems.join('\n')}`)];
  const reply = await askModel(config, {
    system: formatterPrompt(schemaOf(config)),
    messages: [...state.messages, ...quoted('What was found:', state.findings), ...wrong],
    stream: false,
    purpose: 'format',
  });
  return { draft: reply.content, attempts: state.attempts + 1 };
}

/**
 * Compares the draft with the schema.
 * @throws HoldfastError MODEL_MALFORMED_REPLY when the last attempt does not fit: an output that does not fit never leaves the graph
 */
function validate(state: State, config: LangGraphRunnableConfig): Partial<State> {
  const checked = checkOutput(state.draft, schemaOf(config));
  report(config, { phase: 'validated', attempt: state.attempts, problems: checked.problems });
  if ('output' in checked) return { output: checked.output, problems: [], messages: [new AIMessage({ content: state.draft })] };
  if (state.attempts >= chosenNumber(config, 'max_attempts', ATTEMPTS)) {
    const problems = checked.problems.join(' ');
    throw new HoldfastError('MODEL_MALFORMED_REPLY', `The model's answer does not fit the schema after ${state.attempts} attempts. ${problems}`);
  }
  return { problems: [...checked.problems] };
}

/** The schema of the assistant or the run, or the declared one. */
function schemaOf(config: LangGraphRunnableConfig): JsonSchema {
  const schema: unknown = config.configurable?.['output_schema'];
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema) ? (schema as JsonSchema) : DEFAULT_OUTPUT;
}

/** Work with tools → format as JSON → validate → end, or format again knowing what is wrong. */
export const structuredOutput = defineGraph({
  graphId: 'structured-output',
  version: '1.0.0',
  description: 'Answers with JSON that fits a schema, or fails and says why it does not.',
  schemas,
  build: () =>
    new StateGraph(StructuredState)
      .addNode('work', work)
      .addNode('format', format)
      .addNode('validate', validate)
      .addEdge(START, 'work')
      .addEdge('work', 'format')
      .addEdge('format', 'validate')
      .addConditionalEdges('validate', ({ problems }) => (problems.length > 0 ? 'format' : END), ['format', END])
      .compile({ name: 'structured-output' }),
});
