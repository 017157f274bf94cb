import { Annotation, END, Send, START, StateGraph } from '@langchain/langgraph';
import { type ApprovalOutcome, type ApprovalRequest, type JsonSchema, defineGraph, requestApproval } from '@holdfast/agent-runtime/graph';

const State = Annotation.Root({
  questions: Annotation<ApprovalRequest<unknown>[]>({ reducer: (_, next) => next, default: () => [] }),
  outcomes: Annotation<ApprovalOutcome<unknown>[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
  /** What was "done": the arguments of everything that was approved. */
  done: Annotation<unknown[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

const schema: JsonSchema = {
  type: 'object',
  properties: { questions: { type: 'array', items: { type: 'object' } }, outcomes: { type: 'array' }, done: { type: 'array' } },
};

/** For testing only: asks its input's questions, all at once, and "does" what was approved. */
export const approvalGate = defineGraph({
  graphId: 'approval-gate',
  version: '1.0.0',
  description: 'Test: asks people the questions of its input and reports what they decided.',
  schemas: { input: schema, output: schema, state: schema, config: { type: 'object', properties: {} } },
  build: () =>
    new StateGraph(State)
      .addNode('ask', (question: ApprovalRequest<unknown>) => ({ outcomes: [requestApproval(question)] }))
      .addNode('execute', ({ outcomes }: typeof State.State) => ({
        done: outcomes.filter(({ decision }) => decision !== 'rejected').map(({ args }) => args),
      }))
      .addConditionalEdges(START, ({ questions }) => questions.map((question) => new Send('ask', question)), ['ask'])
      .addEdge('ask', 'execute')
      .addEdge('execute', END)
      .compile({ name: 'approval-gate' }),
});
