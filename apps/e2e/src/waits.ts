import { z } from 'zod';
import { send, type RawResponse } from './http';
import type { TestTenant } from './tenant';
import { waitUntil } from './wait-until';

const wait = z.looseObject({
  wait_id: z.string(),
  thread_id: z.string(),
  status: z.string(),
  event_type: z.string().nullable(),
  event_key: z.string().nullable(),
  wake_at: z.string().nullable(),
  outcome: z.string().nullable(),
  resume_run_id: z.string().nullable(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
});
/** A wait as the API shows it. */
export type SeenWait = z.infer<typeof wait>;

const event = z.looseObject({ id: z.string(), type: z.string(), woken: z.int(), posted_at: z.string() });
/** A posted event as the API shows it. */
export type SeenEvent = z.infer<typeof event>;

/** The waits of a thread, oldest first. */
export async function waitsOf({ apiKey }: TestTenant, threadId: string): Promise<SeenWait[]> {
  const { text } = await send({ method: 'GET', path: `/waits?thread_id=${threadId}&limit=100`, apiKey });
  return z.array(wait).parse(JSON.parse(text)).reverse();
}

/** Posts an event. */
export function post({ apiKey }: TestTenant, body: Readonly<Record<string, unknown>>): Promise<RawResponse> {
  return send({ method: 'POST', path: '/events', apiKey, json: body });
}

/** Reads a posted event. @throws when the answer is none */
export function eventOf(response: RawResponse): SeenEvent {
  if (response.status !== 200) throw new Error(`HTTP ${response.status} ${response.text.slice(0, 300)}`);
  return event.parse(JSON.parse(response.text));
}

/** Waits until the thread asks for an event of this type. */
export function untilWaitsFor(tenant: TestTenant, threadId: string, type: string, timeoutMs = 30_000): Promise<SeenWait> {
  const look = async (): Promise<SeenWait | undefined> => (await waitsOf(tenant, threadId)).find(({ status, event_type }) => status === 'pending' && event_type === type);
  return waitUntil(`${threadId} waits for ${type}`, look, { timeoutMs });
}
