import { Client } from '@temporalio/client';
import { z } from 'zod';
import type { StackUnderTest } from './stack-under-test';
import type { Sample, Subject } from './subject';

const RUN_DEADLINE_MS = 120_000;
const answerSchema = z.object({ results: z.array(z.string()).length(3) });

/** Holdfast through its public API: the graph of three nodes, each with one call of the echo tool. */
export class HoldfastSubject implements Subject {
  readonly name = 'holdfast';
  #lastWorkflowId: string | undefined;

  constructor(
    private readonly stack: StackUnderTest,
    private readonly temporal: Client,
  ) {}

  async run(index: number): Promise<Sample> {
    const start = performance.now();
    const response = await this.#post('/runs/wait', index);
    const body = await response.text();
    const latencyMs = performance.now() - start;
    this.#lastWorkflowId = response.headers.get('x-holdfast-workflow-id') ?? this.#lastWorkflowId;
    const answer = answerSchema.safeParse(JSON.parse(body));
    if (!response.ok || !answer.success || !answer.data.results.every((text) => text.includes(`#${index}`))) {
      throw new Error(`run ${index} answered ${response.status}: ${body.trim().slice(0, 300)}`);
    }
    return { latencyMs };
  }

  /** Time from the request to the first event and to the first update of a stream, milliseconds. */
  async firstEvents(index: number): Promise<{ eventMs: number; updateMs: number }> {
    const start = performance.now();
    const response = await this.#post('/runs/stream', index, { stream_mode: ['updates'] });
    if (!response.ok || response.body === null) throw new Error(`stream answered ${response.status}`);
    let eventMs: number | undefined;
    let updateMs: number | undefined;
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('event: ')) eventMs ??= performance.now() - start;
      if (text.includes('event: updates')) updateMs ??= performance.now() - start;
    }
    if (eventMs === undefined || updateMs === undefined) throw new Error(`stream ended without an update: ${text.slice(0, 300)}`);
    return { eventMs, updateMs };
  }

  async historyBytes(): Promise<number> {
    if (this.#lastWorkflowId === undefined) throw new Error('no run yet');
    return (await this.temporal.workflow.getHandle(this.#lastWorkflowId).describe()).historySize ?? 0;
  }

  #post(path: string, index: number, more: Record<string, unknown> = {}): Promise<Response> {
    return fetch(`${this.stack.apiUrl}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': this.stack.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ assistant_id: 'three-calls', input: { input: `#${index}` }, ...more }),
      signal: AbortSignal.timeout(RUN_DEADLINE_MS),
    });
  }
}
