import { Annotation, Command, END, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { type ApprovalRequest, type ApprovalOutcome, requestApproval } from './request-approval';

const State = Annotation.Root({ outcome: Annotation<ApprovalOutcome<{ amount: number }> | undefined>() });
const config = { configurable: { thread_id: 't' } };
const answer = { approval_id: 'a', decision: 'approved', args: { amount: 1 }, comment: null, decided_by: ['p'], by: 'decision' };

function graph(request: Partial<ApprovalRequest<{ amount: number }>> = {}) {
  return new StateGraph(State)
    .addNode('ask', () => ({ outcome: requestApproval({ action: 'pay', args: { amount: 1 }, ...request }) }))
    .addEdge(START, 'ask')
    .addEdge('ask', END)
    .compile({ checkpointer: new MemorySaver() });
}

describe('a node that asks for an approval', () => {
  it('shows the question with its whole policy', async () => {
    const asking = graph({ summary: 'Pay?', policy: { quorum: 2 } });
    await asking.invoke({}, config);
    const { tasks } = await asking.getState(config);
    expect(tasks[0]?.interrupts[0]?.value).toEqual({
      kind: 'approval', action: 'pay', args: { amount: 1 }, summary: 'Pay?',
      policy: { roles: [], quorum: 2, fourEyes: false, onDeadline: 'reject', version: '1' },
    });
  });

  it.each(['approved', 'edited', 'rejected'])('goes on when it is %s, with the arguments of the answer', async (decision) => {
    const asking = graph();
    await asking.invoke({}, config);
    const { outcome } = await asking.invoke(new Command({ resume: { ...answer, decision, args: { amount: 7 }, comment: 'c' } }), config);
    expect(outcome).toEqual({ decision, args: { amount: 7 }, comment: 'c', decidedBy: ['p'], approvalId: 'a' });
  });

  it('fails when nobody decided in time and the policy says so', async () => {
    const asking = graph();
    await asking.invoke({}, config);
    const failing = asking.invoke(new Command({ resume: { ...answer, decision: 'failed', decided_by: [], by: 'deadline' } }), config);
    await expect(failing).rejects.toMatchObject({ code: 'APPROVAL_EXPIRED' });
  });

  it('takes nothing else for an answer, and asks nothing malformed', async () => {
    const asking = graph();
    await asking.invoke({}, config);
    await expect(asking.invoke(new Command({ resume: { decision: 'approved' } }), config)).rejects.toThrow();
    await expect(graph({ policy: { quorum: 0 } }).invoke({}, config)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('policy.quorum') });
  });
});
