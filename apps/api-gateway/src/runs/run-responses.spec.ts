import type { RunRow } from '@holdfast/persistence';
import type { FastifyReply } from 'fastify';
import { LiveServer } from '../../test/live-server';
import type { CancelRequest, CancelService } from '../delivery/cancel.service';
import { STREAM_START } from '../streaming/cursor';
import type { RunResultService } from '../streaming/run-result.service';
import type { RunStreamService } from '../streaming/run-stream.service';
import { RunResponses } from './run-responses';
import { viewOf } from './stream-view';

const ctx = { tenantId: '01890000-0000-7000-8000-000000000001', principalId: 'p', roles: [], requestId: 'r' };
const run = { run_id: 'run', thread_id: 'thread' } as RunRow;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

async function until(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** A run that never ends. */
const streams = {
  async *events(_ctx: unknown, _request: unknown, signal: AbortSignal) {
    yield { id: '1.1', event: 'metadata', data: {} };
    await until(signal);
  },
} as unknown as RunStreamService;
const results = {
  result: (_ctx: unknown, _run: unknown, signal: AbortSignal) => until(signal),
  ended: async (_ctx: unknown, _runId: unknown, signal: AbortSignal) => (await until(signal), false),
} as unknown as RunResultService;

describe('the answer to a run', () => {
  let server: LiveServer;
  let cancelled: CancelRequest[];
  let responses: RunResponses;
  beforeEach(() => {
    server = new LiveServer();
    cancelled = [];
    const cancels = { cancel: (_ctx: unknown, request: CancelRequest) => Promise.resolve(cancelled.push(request)) } as unknown as CancelService;
    responses = new RunResponses(server.live, streams, results, cancels, silent);
  });
  afterEach(() => server.close());

  const stream = (reply: FastifyReply): Promise<void> =>
    responses.stream(ctx, reply, run, { view: viewOf(undefined, false), from: STREAM_START, cancelOnDisconnect: true, stateless: false });

  it('breaks a stream off at a shutdown, after the hint when to come back, and leaves the run alone', async () => {
    await server.open(stream);
    const viewer = server.request();
    await viewer.begun;
    server.shutdown.fire('test');
    const { text, complete } = await viewer.answer;
    expect(text).toMatch(/^id: 1\.1\nevent: metadata\ndata: \{\}\n\nretry: \d+\n\n$/);
    expect(complete).toBe(false);
    expect(cancelled).toEqual([]);
  });

  it('cancels the run when the viewer leaves', async () => {
    await server.open(stream);
    const viewer = server.request();
    await viewer.begun;
    viewer.leave();
    await server.handled;
    expect(cancelled).toMatchObject([{ runId: 'run', threadId: 'thread', action: 'interrupt' }]);
  });

  it('tells a wait of the shutdown and leaves the run alone', async () => {
    await server.open((reply) => responses.wait(ctx, reply, run, { cancelOnDisconnect: true, stateless: false }));
    const viewer = server.request();
    setTimeout(() => server.shutdown.fire('test'), 100);
    await server.handled;
    expect((await viewer.answer).text).not.toContain('null');
    expect(cancelled).toEqual([]);
  });

  it('ends the wait for a cancelled run at a shutdown', async () => {
    let failure: unknown;
    await server.open(async (reply) => {
      await responses.cancelled(ctx, reply, 'run').catch((error: unknown) => (failure = error));
      await reply.code(204).send();
    });
    const viewer = server.request();
    setTimeout(() => server.shutdown.fire('test'), 100);
    await viewer.answer;
    expect(failure).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
  });
});
