import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { BenchApi } from './api';
import type { StackUnderTest } from './stack-under-test';
import type { Sample, Subject } from './subject';
import { THREE_CALLS, type Workload, areRight } from './workload';

const answerSchema = z.looseObject({ results: z.array(z.string()) });

/** Holdfast through its public API. */
export class HoldfastSubject implements Subject {
  readonly name = 'holdfast';
  readonly #api: BenchApi;
  #lastWorkflowId: string | undefined;

  constructor(
    stack: StackUnderTest,
    private readonly temporal: Client,
    private readonly workload: Workload = THREE_CALLS,
  ) {
    this.#api = new BenchApi(stack);
  }

  get refused(): number {
    return this.#api.refused;
  }

  async run(index: number): Promise<Sample> {
    const start = performance.now();
    const response = await this.#api.accepted('/runs/wait', this.#body(index));
    const body = await response.text();
    const latencyMs = performance.now() - start;
    this.#lastWorkflowId = response.headers.get('x-holdfast-workflow-id') ?? this.#lastWorkflowId;
    const answer = answerSchema.safeParse(JSON.parse(body));
    if (!response.ok || !areRight(this.workload, answer.data?.results, `#${index}`)) {
      throw new Error(`run ${index} answered ${response.status}: ${body.trim().slice(0, 300)}`);
    }
    return { latencyMs };
  }

  /** Time from the request to the first event and to the first update of a stream, milliseconds. */
  async firstEvents(index: number): Promise<{ eventMs: number; updateMs: number }> {
    const start = performance.now();
    const response = await this.#api.post('/runs/stream', this.#body(index, { stream_mode: ['updates'] }));
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

  /** Workflow of the last run. */
  get lastWorkflowId(): string | undefined {
    return this.#lastWorkflowId;
  }

  async historyBytes(): Promise<number> {
    if (this.#lastWorkflowId === undefined) throw new Error('no run yet');
    return (await this.temporal.workflow.getHandle(this.#lastWorkflowId).describe()).historySize ?? 0;
  }

  #body(index: number, more: Record<string, unknown> = {}): object {
    return {
      assistant_id: this.workload.graphId,
      input: { input: `#${index}` },
      config: { recursion_limit: 1_000 },
      ...(this.workload.durability === undefined ? {} : { durability: this.workload.durability }),
      ...more,
    };
  }
}
