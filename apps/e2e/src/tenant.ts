import { randomUUID } from 'node:crypto';
import { Client } from '@langchain/langgraph-sdk';
import { provisionTenant } from '@holdfast/persistence/provisioning';
import { stack } from './config';
import { asOwner } from './database';

/** A tenant of its own for one scenario, so that scenarios neither see nor count each other's objects. */
export interface TestTenant {
  readonly tenantId: string;
  readonly apiKey: string;
  /** The unmodified SDK; it does not retry, so that a 5xx is seen. */
  readonly client: Client;
}

/** Makes a tenant. @param name shows in its slug */
export async function aTenant(name: string): Promise<TestTenant> {
  const slug = `e2e-${name}-${randomUUID().slice(0, 8)}`;
  const { tenantId, apiKey } = await asOwner((owner) => provisionTenant(owner, { slug, name: slug, principalId: 'tester', roles: ['admin'] }));
  return { tenantId, apiKey, client: sdkClient(apiKey) };
}

/** The unmodified LangGraph SDK. @param maxRetries default 0 */
export function sdkClient(apiKey: string, maxRetries = 0): Client {
  return new Client({ apiUrl: stack.url, apiKey, callerOptions: { maxRetries } });
}
