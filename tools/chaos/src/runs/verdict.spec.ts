import { createHash } from 'node:crypto';
import type { DrivenRun } from './driver';
import { type Findings, judge } from './verdict';

const run = (keys: string[], status = 'success', more: Partial<DrivenRun['plan']> = {}): DrivenRun => ({
  plan: { index: 0, graphId: 'effects', input: { delayMs: 5 }, keys, stop: 'nothing', leftWaiting: false, ...more },
  threadId: 't',
  runIds: ['r'],
  last: { run_id: 'r', thread_id: 't', status, error: null },
});
const row = (seq: number, type: string, callId: string | null = null) => ({ run_id: 'r', seq, type, time: new Date(seq), published: true, call_id: callId });
const JOURNAL = [row(1, 'run.created.v1'), row(2, 'tool.called.v1', 'c'), row(3, 'run.completed.v1')];
/** Of the arguments' canonical form (RFC 8785), as the router keeps it. */
const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

function faultsOf(over: Partial<Findings>): readonly string[] {
  const nothing: Findings = {
    over: [], lost: [], journal: JOURNAL, toolCounts: {}, tools: [], modelCounts: {}, models: [], failedKeys: new Set(), results: new Map(), expected: new Map(),
    modelRequests: {}, neverStarted: 0, kills: 1, notCompared: [], waits: [], runs: [], asking: new Set(), crons: { crons: [], moments: [], runs: [] },
  };
  return judge({ ...nothing, ...over }).faults;
}

describe('judge', () => {
  it('finds nothing where everything held', () => {
    expect(faultsOf({ over: [run(['irreversible/a'])], toolCounts: { 'irreversible/a': 1 }, modelCounts: { t: 2 }, models: [{ thread_id: 't', calls: 1, attempts: 2 }] })).toEqual([]);
  });

  it('takes a repeat that the ledger tells', () => {
    const tools = [{ run_id: 'r', effect: 'read', status: 'ok', arguments_sha256: sha256Hex('{"delay_ms":5,"key":"read/a"}'), fence: 2, lost_claims: 1 }];
    expect(faultsOf({ over: [run(['read/a'])], toolCounts: { 'read/a': 2 }, tools })).toEqual([]);
  });

  it.each<[string, Partial<Findings>, RegExp]>([
    ['a proof without kills', { kills: 0 }, /^nobody was killed/],
    ['runs that were never started', { neverStarted: 2 }, /^2 runs were never started/],
    ['a pattern without a result to compare with', { notCompared: ['react'] }, /^not compared: react/],
    ['an attempt that asked twice', { modelRequests: { a: 2 } }, /^silent model call: attempt a asked 2 times/],
    ['a fact that nobody was told', { over: [run([])], journal: JOURNAL.map((one) => ({ ...one, published: one.seq < 3 })) }, /never published/],
    ['a lost run', { lost: [{ threadId: 't', runIds: ['r'] }] }, /^lost: run r/],
    ['a bad end', { over: [run([], 'error')] }, /^ended badly/],
    ['another result', { over: [run([], 'success', { graphId: 'react' })], results: new Map([['t', 1]]), expected: new Map([['react', 2]]) }, /^another result/],
    ['an answer of another call', { over: [run(['read/a', 'read/b'])], results: new Map([['t', { receipts: ['read read/b: call 1', 'read read/a: call 1'] }]]) }, /^foreign answer: the call of read\/a was given that of read\/b/],
    ['a gap in the journal', { over: [run([])], journal: [row(1, 'run.created.v1'), row(3, 'run.completed.v1')] }, /has gaps/],
    ['two ends', { over: [run([])], journal: [...JOURNAL, row(4, 'run.completed.v1')] }, /not one end/],
    ['a call told twice', { over: [run([])], journal: [row(1, 'tool.called.v1', 'c'), row(2, 'tool.called.v1', 'c'), row(3, 'run.completed.v1')] }, /tells a tool call twice/],
    ['a lost effect', { over: [run(['read/a'])] }, /^lost effect: read\/a/],
    ['an effect twice', { over: [run(['irreversible/a'])], toolCounts: { 'irreversible/a': 2 } }, /^duplicate effect: irreversible\/a/],
    ['a silent repeat', { over: [run(['read/a'])], toolCounts: { 'read/a': 2 }, tools: [] }, /^silent duplicate: read\/a/],
    ['an effect that no run was to have', { toolCounts: { 'read/a': 1 } }, /^effect that nobody asked for: read\/a/],
    ['a moment of a cron that was left out', { crons: { crons: [{ cronId: 'c', first: new Date(0), last: new Date(0) }], moments: [], runs: [] } }, /^lost moment/],
    ['a run that nobody asked for', { over: [run([])], runs: [{ ...run([]).last, run_id: 'other', cron_id: null, cron_moment: null, created_at: new Date(0) }] }, /^run that nobody asked for/],
    ['a silent model call', { modelCounts: { t: 3 }, models: [{ thread_id: 't', calls: 1, attempts: 2 }] }, /^silent model call/],
    ['a person who was told wrong', { over: [run(['irreversible/a'])], toolCounts: { 'irreversible/a': 1 }, failedKeys: new Set(['irreversible/a']) }, /^a person was told wrong/],
  ])('names %s', (_, findings, fault) => {
    expect(faultsOf(findings)[0]).toMatch(fault);
  });
});
