import { chmodSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { readJson, writeJson } from './kit/files.ts';

/** What is generated once per home and never leaves it but in the environment of our children. */
export interface Secrets {
  readonly postgres: string;
  readonly owner: string;
  readonly gateway: string;
  readonly worker: string;
  readonly tools: string;
  readonly relay: string;
  readonly temporal: string;
  /** HMAC key of the calls between our own apps (`HOLDFAST_INTERNAL_SECRET`). */
  readonly internal: string;
}

const NAMES = ['postgres', 'owner', 'gateway', 'worker', 'tools', 'relay', 'temporal', 'internal'] as const;

/** Reads the secrets of a home; missing ones are generated and stored (mode 0600). */
export function loadSecrets(path: string): Secrets {
  const stored = readJson(path);
  const known: Record<string, unknown> = typeof stored === 'object' && stored !== null ? { ...stored } : {};
  const secrets: Record<string, string> = {};
  let isChanged = false;
  for (const name of NAMES) {
    const old = known[name];
    if (typeof old === 'string' && old.length >= 24) {
      secrets[name] = old;
    } else {
      // hex, so that the value needs no quoting in URLs, YAML and shells
      secrets[name] = randomBytes(24).toString('hex');
      isChanged = true;
    }
  }
  if (isChanged) {
    writeJson(path, secrets, 0o600);
    chmodSync(path, 0o600);
  }
  return secrets as unknown as Secrets;
}
