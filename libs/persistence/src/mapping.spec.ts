import { EVENT_CATALOGUE } from '@holdfast/contracts/events';
import { beginRunRow, toBeginRunReply } from './begin-run.mapping';
import { endOf, terminalEvent } from './commit.mapping';
import { createRunParams } from './create-run.mapping';
import type { RunEnd } from './journal.types';

function reply(kwargs: unknown, over: Record<string, unknown> = {}): ReturnType<typeof toBeginRunReply> {
  const row = beginRunRow.parse({
    reply: { kind: 'go', written: true, seq: 2, graph_id: 'g', kwargs, has_state: false, last_commit: 0, step: -1, forked: false, called: [], ...over },
    saved: null,
  });
  if (row.reply.kind !== 'go') throw new Error('skipped');
  return toBeginRunReply(row.reply, row.saved);
}

describe('toBeginRunReply', () => {
  it('gives LangGraph’s defaults for what the request left out or set to null', () => {
    const defaults = {
      input: null,
      config: { recursionLimit: 100, configurable: {}, tags: [] },
      context: {},
      interruptBefore: null,
      interruptAfter: null,
      durability: 'async',
    };
    expect(reply({})).toMatchObject(defaults);
    expect(
      reply({ input: null, command: null, config: null, context: null, interrupt_before: null, interrupt_after: null, durability: null }),
    ).toMatchObject(defaults);
    expect(reply({ config: { recursion_limit: null, configurable: null, tags: null } })).toMatchObject(defaults);
  });

  it('keeps an answer of null apart from no answer', () => {
    expect(reply({ command: { resume: null, goto: null } }).command).toEqual({ resume: null });
    expect(reply({ command: { update: { a: 1 } } }).command).toEqual({ update: { a: 1 } });
    expect(reply({ command: { resume: [1] } }, { has_state: true })).not.toHaveProperty('command');
    expect(reply({ input: 1 }, { has_state: true, last_commit: 3 })).toMatchObject({ input: null, lastCommit: 3 });
  });

  it('passes interrupt selections on', () => {
    expect(reply({ interrupt_before: '*', interrupt_after: ['a'] })).toMatchObject({ interruptBefore: '*', interruptAfter: ['a'] });
  });
});

describe('an end', () => {
  const error = { code: 'GRAPH_FAILED', message: 'm', kind: 'user' };
  const interrupts = { t: [{ id: 'i', value: 1 }] };
  const cases: [RunEnd, string, Record<string, unknown>][] = [
    [{ status: 'success', steps: 3 }, 'run.completed.v1', { run_status: 'success', thread_status: 'idle', error: null, interrupts: {} }],
    [{ status: 'interrupted', steps: 1, interrupts }, 'run.interrupted.v1', { run_status: 'interrupted', thread_status: 'interrupted', interrupts }],
    [{ status: 'interrupted', steps: 1 }, 'run.interrupted.v1', { thread_status: 'interrupted', interrupts: {} }],
    [{ status: 'error', steps: 1, error }, 'run.failed.v1', { run_status: 'error', thread_status: 'error', error, interrupts: null }],
    [{ status: 'timeout', steps: 1, error }, 'run.failed.v1', { run_status: 'timeout', thread_status: 'error', error }],
    [{ status: 'error', steps: 0 }, 'run.failed.v1', { error: { code: 'INTERNAL' } }],
    [{ status: 'cancelled', steps: 1, reason: 'user' }, 'run.cancelled.v1', { run_status: 'interrupted', thread_status: null, rollback: false }],
    [{ status: 'cancelled', steps: 1, rollback: true }, 'run.cancelled.v1', { run_status: 'interrupted', rollback: true }],
  ];

  it.each(cases)('%j is %s', (end, type, stored) => {
    const event = terminalEvent(end);
    expect(event.type).toBe(type);
    expect(EVENT_CATALOGUE[event.type].parse(event.data)).toEqual(event.data);
    expect(endOf(end)).toMatchObject(stored);
  });
});

describe('createRunParams', () => {
  const input = {
    runId: 'r',
    threadId: 't',
    assistantId: 'a',
    graphId: 'g',
    kwargs: {},
    metadata: {},
    multitaskStrategy: 'enqueue',
    ifNotExists: 'create',
  } as const;

  it('refuses a key without the request’s hash', () => {
    const idempotency = { principalId: 'p', route: 'r', key: 'k' };
    expect(() => createRunParams({ tenantId: 't' }, { ...input, idempotency })).toThrow(TypeError);
    expect(JSON.parse(String(createRunParams({ tenantId: 't' }, { ...input, idempotency, requestHash: 'h' })[0]))).toMatchObject({ key: 'k', request_hash: 'h' });
  });

  it('names graph and assistant in the thread’s metadata, whatever the caller says', () => {
    const params = createRunParams({ tenantId: 't' }, { ...input, threadMetadata: { graph_id: 'forged', owner: 'me' } });
    expect(JSON.parse(String(params[3]))).toEqual({ owner: 'me', graph_id: 'g', assistant_id: 'a' });
  });
});
