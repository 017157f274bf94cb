import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Decision, type PlannedRun, editedKey } from './mix';

const REQUEST_TIMEOUT_MS = 15_000;
const PAUSE_MS = 300;
/** Longest that a request is repeated while processes come and go, milliseconds. */
const PATIENCE_MS = 120_000;

const interrupt = z.object({ id: z.string(), value: z.unknown() });
/** A question of a thread to people. */
export type Question = z.infer<typeof interrupt>;
const threadSchema = z.looseObject({ interrupts: z.record(z.string(), z.array(interrupt)), values: z.unknown() });
const approvalSchema = z.looseObject({ approval_id: z.string(), shown_hash: z.string(), policy_version: z.string(), args: z.object({ key: z.string() }) });
const cronSchema = z.looseObject({ cron_id: z.string(), next_run_date: z.coerce.date().nullable() });
const createdSchema = z.looseObject({ run_id: z.string(), thread_id: z.string() });

/**
 * The API as a careful client uses it: a request that may or may not have arrived is sent again with the same Idempotency-Key, until it
 * is answered.
 */
export class Api {
  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  /** Makes a thread and starts a run on it. @param key unique for the request */
  async start(run: PlannedRun, key: string): Promise<{ runId: string; threadId: string }> {
    const thread = z.looseObject({ thread_id: z.string() }).parse(await this.patiently('POST', '/threads', `${key}-thread`, { thread_id: crypto.randomUUID(), if_exists: 'do_nothing' }));
    return this.create(thread.thread_id, key, {
      assistant_id: run.graphId,
      input: run.input,
      ...(run.configurable === undefined ? {} : { config: { configurable: run.configurable } }),
    });
  }

  /** Starts a run that answers the thread's questions. @param answers by interrupt id */
  resume(threadId: string, graphId: string, key: string, answers: Readonly<Record<string, unknown>>): Promise<{ runId: string; threadId: string }> {
    return this.create(threadId, key, { assistant_id: graphId, command: { resume: answers } });
  }

  /** What a thread asks people, and its values. */
  async thread(threadId: string): Promise<{ readonly questions: readonly Question[]; readonly values: unknown }> {
    const { interrupts, values } = threadSchema.parse(await this.patiently('GET', `/threads/${threadId}`));
    return { questions: Object.values(interrupts).flat(), values };
  }

  /** Decides the approval that a run asked for. @param key unique for the decision */
  async decide(runId: string, decision: Decision, key: string): Promise<void> {
    const [approval] = z.array(approvalSchema).parse(await this.patiently('GET', `/approvals?run_id=${runId}`));
    if (approval === undefined) throw new Error(`run ${runId} waits for an approval that is not there`);
    const { approval_id: id, shown_hash, policy_version, args } = approval;
    const edited = decision === 'edit' ? { args: { key: editedKey(args.key) } } : {};
    await this.patiently('POST', `/approvals/${id}/${decision}`, key, { shown_hash, policy_version, ...edited });
  }

  /** Posts the event that a run of the graph `effects` waits for. @param key the run's */
  async post(key: string): Promise<void> {
    await this.patiently('POST', '/events', undefined, { id: key, type: 'chaos.happened', key });
  }

  /** Makes a cron whose runs keep their threads; gives its first moment. */
  async cron(run: PlannedRun, schedule: string, key: string): Promise<{ cronId: string; first: Date }> {
    const body = { assistant_id: run.graphId, input: run.input, schedule, on_run_completed: 'keep' };
    const { cron_id: cronId, next_run_date: first } = cronSchema.parse(await this.patiently('POST', '/runs/crons', key, body));
    if (first === null) throw new Error(`cron ${cronId} has no first moment`);
    return { cronId, first };
  }

  /** Switches a cron off; the moments that it had stay. */
  async switchOff(cronId: string): Promise<void> {
    await this.patiently('PATCH', `/runs/crons/${cronId}`, undefined, { enabled: false });
  }

  private async create(threadId: string, key: string, body: object): Promise<{ runId: string; threadId: string }> {
    const created = createdSchema.parse(await this.patiently('POST', `/threads/${threadId}/runs`, key, body));
    return { runId: created.run_id, threadId: created.thread_id };
  }

  private async patiently(method: string, path: string, key?: string, body?: object): Promise<unknown> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.send(method, path, key, body).catch((error: unknown) => ({ status: 0, text: String(error) }));
      if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.text);
      const passes = answer.status === 0 || answer.status === 429 || answer.status >= 500;
      if (!passes || performance.now() > giveUpAt) throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
      await sleep(PAUSE_MS);
    }
  }

  private async send(method: string, path: string, key: string | undefined, body: object | undefined): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'x-api-key': this.apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(key === undefined ? {} : { 'idempotency-key': key }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  }
}
