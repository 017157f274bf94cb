import { formatEnvFile, parseEnvFile } from '../kit/env-file.ts';
import { readText, writeAtomically } from '../kit/files.ts';
import type { StackContext } from '../servers/stack-context.ts';
import { createDevTenant } from './migrate.ts';

/** Longest a request to our own gateway may take here, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * The development key: the one in dev.env when the running gateway accepts it, else a new one. Writes dev.env.
 * (A data folder may have been removed while dev.env stayed, or the key may have been revoked.)
 */
export async function ensureDevKey(context: StackContext, ownerUrl: string, apiUrl: string): Promise<string> {
  const path = context.layout.devEnv;
  const known = parseEnvFile(readText(path) ?? '')['HOLDFAST_API_KEY'];
  const isKept = known !== undefined && (await isAccepted(apiUrl, known));
  const apiKey = isKept ? known : (await context.step('Creating the development tenant and its key', () => createDevTenant(context, ownerUrl))).apiKey;
  writeAtomically(path, formatEnvFile({ HOLDFAST_URL: apiUrl, HOLDFAST_API_KEY: apiKey }), 0o600);
  return apiKey;
}

async function isAccepted(apiUrl: string, apiKey: string): Promise<boolean> {
  const response = await fetch(`${apiUrl}/assistants/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: JSON.stringify({ limit: 1 }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  await response.arrayBuffer();
  return response.status !== 401 && response.status !== 403;
}
