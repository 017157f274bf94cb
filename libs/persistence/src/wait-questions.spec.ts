import { waitsOf } from './wait-questions';

const elapsed = { kind: 'wait', until: 'elapsed', seconds: 5 };
const payment = { kind: 'wait', until: 'event', type: 'paid', key: 'k', timeoutSeconds: 9 };

describe('the waits that a run ends with', () => {
  it('are those that can be read, with what the database needs of them', () => {
    const interrupts = { a: [{ id: '1', value: elapsed }], b: [{ id: '2', value: payment }, { id: '3', value: 'a question' }, { value: elapsed }] };
    expect(waitsOf(interrupts, [])).toEqual([
      { interrupt_id: '1', hash: expect.stringMatching(/^[0-9a-f]{64}$/), seconds: 5 },
      { interrupt_id: '2', hash: expect.any(String), seconds: 9, event_type: 'paid', event_key: 'k', lookback_seconds: 60 },
    ]);
    expect(waitsOf({ a: [{ id: '1', value: { kind: 'wait', until: 'date', date: '2030-01-01T00:00:00Z' } }] }, [])).toMatchObject([{ date: '2030-01-01T00:00:00.000Z' }]);
  });

  it('leave out the task that has finished beside one that waits', () => {
    const tasks = [{ id: 'a', name: 'x', result: { done: true } }, { id: 'b', name: 'x' }];
    expect(waitsOf({ a: [{ id: '1', value: elapsed }], b: [{ id: '2', value: elapsed }] }, tasks)).toMatchObject([{ interrupt_id: '2' }]);
  });

  it('have another hash when they ask something else', () => {
    const hashes = [elapsed, { ...elapsed, seconds: 6 }, payment, { ...payment, key: 'l' }].map((value) => waitsOf({ a: [{ id: '1', value }] }, [])[0]?.['hash']);
    expect(new Set(hashes).size).toBe(4);
  });
});
