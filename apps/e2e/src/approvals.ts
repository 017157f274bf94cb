import { provisionTenant } from '@holdfast/persistence/provisioning';
import { z } from 'zod';
import { asOwner } from './database';
import { send, type RawResponse } from './http';
import type { TestTenant } from './tenant';

const approval = z.looseObject({
  approval_id: z.string(),
  thread_id: z.string(),
  run_id: z.string(),
  status: z.string(),
  args: z.unknown(),
  shown_hash: z.string(),
  policy_version: z.string(),
  requested_by: z.string().nullable(),
  reminders: z.int(),
  roles: z.array(z.string()),
  outcome: z.string().nullable(),
  decided_by: z.array(z.string()),
  resume_run_id: z.string().nullable(),
  entries: z.array(z.looseObject({ kind: z.string(), principal_id: z.string(), code: z.string().nullable() })).optional(),
});
/** An approval as the API shows it. */
export type SeenApproval = z.infer<typeof approval>;

/** A question as the graph `approval-gate` takes it. */
export interface Question {
  readonly action: string;
  readonly args: unknown;
  readonly policy?: Readonly<Record<string, unknown>>;
}

/** Reads an approval. @throws when the answer is none */
export function approvalOf(response: RawResponse): SeenApproval {
  if (response.status !== 200) throw new Error(`HTTP ${response.status} ${response.text.slice(0, 300)}`);
  return approval.parse(JSON.parse(response.text));
}

/** The approvals of a thread, newest first. */
export async function approvalsOf(apiKey: string, threadId: string): Promise<SeenApproval[]> {
  return z.array(approval).parse(JSON.parse((await send({ method: 'GET', path: `/approvals?thread_id=${threadId}`, apiKey })).text));
}

/** An approval with its entries. */
export async function getApproval(apiKey: string, approvalId: string): Promise<SeenApproval> {
  return approvalOf(await send({ method: 'GET', path: `/approvals/${approvalId}`, apiKey }));
}

/** Runs the graph that asks the questions, on a thread of its own, until it waits; gives the approvals in their order. */
export async function askAll(tenant: TestTenant, questions: readonly Question[]): Promise<SeenApproval[]> {
  const { client, apiKey } = tenant;
  const { thread_id: threadId } = await client.threads.create();
  const { run_id: runId } = await client.runs.create(threadId, 'approval-gate', { input: { questions } });
  await client.runs.join(threadId, runId);
  const found = await approvalsOf(apiKey, threadId);
  return questions.map(({ action }) => {
    const asked = found.find((one) => one['action'] === action);
    if (asked === undefined) throw new Error(`no approval of ${action} on ${threadId}`);
    return asked;
  });
}

/** The same for one question. */
export async function askFor(tenant: TestTenant, question: Question): Promise<SeenApproval> {
  const [asked] = await askAll(tenant, [question]);
  if (asked === undefined) throw new Error('no approval');
  return asked;
}

/** Decides on what is shown. */
export function decide(apiKey: string, seen: SeenApproval, how: 'approve' | 'reject' | 'edit', more: Readonly<Record<string, unknown>> = {}, key?: string): Promise<RawResponse> {
  const json = { shown_hash: seen.shown_hash, policy_version: seen.policy_version, ...more };
  return send({ method: 'POST', path: `/approvals/${seen.approval_id}/${how}`, apiKey, json, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) });
}

/** Another principal of the tenant; gives its key. */
export async function addPrincipal(tenant: TestTenant, principalId: string, roles: readonly string[] = []): Promise<string> {
  return asOwner(async (owner) => {
    const { rows } = await owner.query<{ slug: string }>('SELECT slug FROM executions.tenants WHERE tenant_id = $1', [tenant.tenantId]);
    const slug = rows[0]?.slug ?? '';
    return (await provisionTenant(owner, { slug, name: slug, principalId, roles })).apiKey;
  });
}
