import { batchFromSdk, bulkCancelSchema, runBatchSchema, runCreateSchema } from './runs.schema';
import { requestHash } from './request-hash';

const ok = (body: unknown): boolean => runCreateSchema.safeParse(body).success;

describe('a request for a run', () => {
  it('may carry everything an SDK sends, nulls included', () => {
    expect(
      ok({
        assistant_id: 'graph',
        input: { messages: [{ role: 'user', content: 'hi' }] },
        command: { resume: { a: 1 }, update: [['k', 1]], goto: [{ node: 'n', input: 1 }, 'm'] },
        checkpoint: { thread_id: '01890000-0000-7000-8000-000000000001', checkpoint_id: null, checkpoint_ns: '', checkpoint_map: null },
        metadata: null,
        config: { tags: ['x'], recursion_limit: 5, configurable: { a: 1 }, run_name: 'free' },
        context: { a: 1 },
        interrupt_before: '*',
        interrupt_after: ['n'],
        stream_mode: ['values', 'messages-tuple'],
        if_not_exists: 'create',
        after_seconds: 1,
        durability: 'exit',
      }),
    ).toBe(true);
  });

  it('may take 10,000 supersteps: LangGraph needs one more', () => {
    expect(ok({ assistant_id: 'a', config: { recursion_limit: 10_001 } })).toBe(true);
  });

  it.each([
    {},
    { assistant_id: '' },
    { assistant_id: 7 },
    { assistant_id: 'a\u0007' },
    { assistant_id: 'a', surprise: 1 },
    { assistant_id: 'a', config: { recursion_limit: 0 } },
    { assistant_id: 'a', config: { recursion_limit: 10_002 } },
    { assistant_id: 'a', config: { recursion_limit: '5' } },
    { assistant_id: 'a', command: { resumee: 1 } },
    { assistant_id: 'a', multitask_strategy: 'wait' },
    { assistant_id: 'a', stream_mode: 'everything' },
    { assistant_id: 'a', after_seconds: -1 },
    { assistant_id: 'a', checkpoint_id: 'not-a-uuid' },
    { assistant_id: 'a', run_id: 'not-a-uuid' },
    { assistant_id: 'a', metadata: [] },
    [],
    null,
  ])('is refused: %j', (body) => expect(ok(body)).toBe(false));

  it('comes in camelCase from the batch call of the JavaScript SDK', () => {
    const sent = [{ assistantId: 'a', assistant_id: 'a', input: { keepMe: 1 }, multitaskStrategy: 'reject' }];
    expect(runBatchSchema.parse(batchFromSdk(sent))).toEqual([{ assistant_id: 'a', input: { keepMe: 1 }, multitask_strategy: 'reject' }]);
  });

  it('has one hash, whatever the order of its keys', () => {
    expect(requestHash({ a: 1, b: { c: 2, d: [1, 2] } })).toBe(requestHash({ b: { d: [1, 2], c: 2 }, a: 1 }));
    expect(requestHash({ a: [1, 2] })).not.toBe(requestHash({ a: [2, 1] }));
  });
});

describe('a bulk cancel', () => {
  const id = '01890000-0000-7000-8000-000000000001';
  it.each([
    [{ status: 'all' }, true],
    [{ thread_id: id, run_ids: [id] }, true],
    [{}, false],
    [{ thread_id: id }, false],
    [{ status: 'all', thread_id: id, run_ids: [id] }, false],
  ])('%j: %s', (body, expected) => expect(bulkCancelSchema.safeParse(body).success).toBe(expected));
});
