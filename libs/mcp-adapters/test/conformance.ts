import { McpServerConnection } from '../src/server-connection';
import { isDropped, normaliseTool } from '../src/normalise-tool';
import { normaliseResult } from '../src/normalise-result';

/** What the suite needs to know of a server to try it. */
export interface ConformanceSubject {
  readonly connection: () => McpServerConnection;
  /** A call that succeeds and what its text contains. */
  readonly good: { readonly tool: string; readonly args: Record<string, unknown>; readonly contains: string };
  /** A call that the tool itself refuses (`isError`). */
  readonly failing: { readonly tool: string; readonly args: Record<string, unknown> };
}

/** What every connection must do, whatever its transport. Runs against a real server. */
export function mcpServerConformance(subject: ConformanceSubject): void {
  const call = (tool: string, args: Record<string, unknown>, options: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    subject.connection().call(tool, args, { timeoutMs: 10_000, ...options });

  it('connects, negotiates and lists definitions that can be offered', async () => {
    const connection = subject.connection();
    await connection.waitUntilReady(15_000);
    expect(connection.state).toMatchObject({ status: 'ready', lastError: undefined, protocolVersion: expect.stringMatching(/^20\d\d-\d\d-\d\d$/) });
    const tools = (connection.tools ?? []).map((tool) => normaliseTool(connection.slug, tool));
    expect(tools.length).toBeGreaterThan(5);
    expect(tools.filter(isDropped)).toEqual([]);
  });

  it('calls a tool', async () => {
    const result = normaliseResult(await call(subject.good.tool, subject.good.args));
    expect(result).toMatchObject({ isError: false, truncated: false });
    expect(result.text).toContain(subject.good.contains);
  });

  it('keeps an error of the tool as a result', async () => {
    expect(normaliseResult(await call(subject.failing.tool, subject.failing.args))).toMatchObject({ isError: true, text: expect.stringMatching(/./) });
  });

  it('answers 50 calls at once, each with its own result', async () => {
    const { tool, args, contains } = subject.good;
    const results = await Promise.all(Array.from({ length: 50 }, () => call(tool, args)));
    expect(results.filter((result) => normaliseResult(result).text.includes(contains))).toHaveLength(50);
  });

  it('tells an unknown tool from a failed call: no exception of the transport, the connection stays', async () => {
    const before = subject.connection().state.connections;
    const outcome = await call('no_such_tool', {}).then(
      (raw) => (normaliseResult(raw).isError ? 'error result' : 'success'),
      (error: { code?: string }) => error.code,
    );
    expect(['error result', 'PROTOCOL']).toContain(outcome);
    expect(subject.connection().state).toMatchObject({ status: 'ready', connections: before });
  });

  it('gives up at the signal, before and during a call', async () => {
    const { tool, args } = subject.good;
    await expect(call(tool, args, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    const controller = new AbortController();
    const pending = call(tool, args, { signal: controller.signal });
    controller.abort();
    await expect(pending).rejects.toMatchObject({ code: 'CANCELLED' });
    await call(tool, args);
  });
}
