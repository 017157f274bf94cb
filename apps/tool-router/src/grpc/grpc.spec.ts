import { EventEmitter } from 'node:events';
import { MAX_ARGUMENTS_LENGTH, MAX_TOOL_NAME_LENGTH } from '@holdfast/rpc';
import { lifetimeOf } from './call-lifetime';
import { parseCallRequest, parseListRequest } from './call-request';

const good = { runId: '0198f1c0-0000-7000-8000-000000000001', originRunId: '', threadId: 't', callId: 'c', name: 'fs__read', argumentsJson: '{"a":1}', deadlineMs: 0, withContent: false, settleOnly: false };

describe('requests', () => {
  it('reads a call', () => {
    expect(parseCallRequest(good)).toEqual({ runId: good.runId, originRunId: good.runId, threadId: 't', callId: 'c', name: 'fs__read', args: { a: 1 }, settleOnly: false });
    expect(parseCallRequest({ ...good, argumentsJson: '' }).args).toEqual({});
  });

  it('knows a call by the run in whose ledger it stands, however its id is written', () => {
    const originRunId = '0198F1C0-0000-7000-8000-00000000000A';
    expect(parseCallRequest({ ...good, originRunId })).toMatchObject({ runId: good.runId, originRunId: originRunId.toLowerCase() });
  });

  it.each([
    ['runId', { runId: 'x' }],
    ['originRunId', { originRunId: 'x' }],
    ['callId', { callId: '' }],
    ['callId', { callId: 'x'.repeat(201) }],
  ])('names the wrong field %s', (field, change) => {
    expect(() => parseCallRequest({ ...good, ...change })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', fields: [expect.objectContaining({ path: field })] }));
  });

  it('takes any name and any length of arguments that a model may write, bounded, for the pipeline to refuse', () => {
    expect(parseCallRequest({ ...good, name: '' }).name).toBe('');
    expect(parseCallRequest({ ...good, name: `${'x'.repeat(MAX_TOOL_NAME_LENGTH - 1)}😀` }).name).toBe(`${'x'.repeat(MAX_TOOL_NAME_LENGTH - 1)}\ufffd`);
    expect(parseCallRequest({ ...good, argumentsJson: '{'.padEnd(MAX_ARGUMENTS_LENGTH) + '}' })).toMatchObject({ problem: expect.stringContaining('1048576 characters') });
    expect(parseCallRequest({ ...good, argumentsJson: '{'.padEnd(MAX_ARGUMENTS_LENGTH - 1) + '}' })).not.toHaveProperty('problem');
  });

  it('tells arguments that are no JSON from JSON that is no object', () => {
    expect(() => parseCallRequest({ ...good, argumentsJson: '{' })).toThrow(expect.objectContaining({ code: 'MALFORMED_JSON' }));
    expect(parseCallRequest({ ...good, argumentsJson: '[1]' }).args).toEqual([1]);
  });

  it('bounds a selection', () => {
    expect(parseListRequest({ include: ['a*'] })).toEqual(['a*']);
    expect(() => parseListRequest({ include: Array.from({ length: 201 }, () => 'x') })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('lifetime', () => {
  const call = (deadline: Date | number, cancelled = false) => Object.assign(new EventEmitter(), { cancelled, getDeadline: () => deadline });

  it('follows the caller until the answer is made', () => {
    const first = call(Date.now() + 1_000);
    const scope = lifetimeOf(first);
    expect(scope.deadline - performance.now()).toBeGreaterThan(900);
    first.emit('cancelled');
    expect(scope.signal.aborted).toBe(true);
    const second = call(Number.POSITIVE_INFINITY);
    const answered = lifetimeOf(second);
    answered.release();
    second.emit('cancelled');
    expect(answered.signal.aborted).toBe(false);
    expect(answered.deadline).toBeLessThan(performance.now() + 600_001);
  });

  it('is over before it began when the caller is gone already', () => {
    expect(lifetimeOf(call(new Date(Date.now() - 5), true)).signal.aborted).toBe(true);
  });
});
