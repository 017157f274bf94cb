import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort } from '../testing/scripted-port';
import { waits } from './waits.graph';

const ORDER = { order: 'A-1', coolingOffSeconds: 60, paymentSeconds: 600 };
const ELAPSED = { wait_id: 'w', outcome: 'elapsed' };
const PAID = { wait_id: 'w', outcome: 'event', event: { id: 'e', type: 'payment.received', key: 'A-1', payload: { amount: 5 }, posted_at: '2026-01-01T00:00:00.000Z' } };
const decided = (decision: string) => ({ decision, args: {}, comment: null, decided_by: ['p'], by: 'decision', approval_id: 'a' });

describe('waits', () => {
  it('waits for the time, then for the payment of the order, then for a person', async () => {
    const graph = new DrivenGraph(waits, new ScriptedPort({}));
    expect((await graph.run(ORDER)).questions).toEqual([{ kind: 'wait', until: 'elapsed', seconds: 60 }]);
    expect((await graph.resume(ELAPSED)).questions).toMatchObject([{ kind: 'wait', until: 'event', type: 'payment.received', key: 'A-1', timeoutSeconds: 600 }]);
    expect((await graph.resume(PAID)).questions).toMatchObject([{ kind: 'approval', action: 'release-order', args: { order: 'A-1', payment: { amount: 5 } } }]);
    const run = await graph.resume(decided('approved'));
    expect(run.values).toMatchObject({ outcome: 'released', payment: { amount: 5 } });
    expect(lastText(run)).toBe('Order A-1: released.');
  });

  it('gives up when nobody pays in time, and asks nobody then', async () => {
    const graph = new DrivenGraph(waits, new ScriptedPort({}));
    await graph.run(ORDER);
    await graph.resume(ELAPSED);
    const run = await graph.resume({ wait_id: 'w', outcome: 'timeout' });
    expect(run).toMatchObject({ questions: [], values: { outcome: 'unpaid', payment: null } });
    expect(run.nodes).toEqual(['awaitPayment', 'giveUp', 'conclude']);
  });

  it('does as the person says', async () => {
    const graph = new DrivenGraph(waits, new ScriptedPort({}));
    for (const step of [() => graph.run(ORDER), () => graph.resume(ELAPSED), () => graph.resume(PAID)]) await step();
    expect((await graph.resume(decided('rejected'))).values).toMatchObject({ outcome: 'declined' });
  });

  it('waits for a day and a week unless it is told otherwise', async () => {
    const graph = new DrivenGraph(waits, new ScriptedPort({}));
    expect((await graph.run({ order: 'A-1' })).questions).toMatchObject([{ seconds: 86_400 }]);
    expect((await graph.resume(ELAPSED)).questions).toMatchObject([{ timeoutSeconds: 604_800 }]);
  });
});
