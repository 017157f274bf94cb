import { fileURLToPath } from 'node:url';
import { type StackProcess, readStackProcesses } from '@holdfast/testing';
import { z } from 'zod';

const schema = z.object({
  HOLDFAST_URL: z.url(),
  HOLDFAST_API_KEY: z.string().min(1),
  HOLDFAST_HOME: z.string().min(1),
  DATABASE_URL_OWNER: z.string().min(1),
  NATS_URL: z.string().min(1),
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1),
});

/** The running stack that the scenarios look at. */
export interface StackAddress {
  /** Base URL of the API. */
  readonly url: string;
  /** Key of the development tenant. */
  readonly apiKey: string;
  /** `$HOLDFAST_HOME` of the stack. */
  readonly home: string;
  readonly ownerDatabaseUrl: string;
  readonly natsUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** The checkout that the stack was started from: what the filesystem tools may read. */
  readonly checkout: string;
}

/** @throws ZodError naming what is missing: scenarios need a running stack, see README.md */
function readStackAddress(env: Readonly<Record<string, string | undefined>>): StackAddress {
  const found = schema.parse(env);
  return {
    url: found.HOLDFAST_URL,
    apiKey: found.HOLDFAST_API_KEY,
    home: found.HOLDFAST_HOME,
    ownerDatabaseUrl: found.DATABASE_URL_OWNER,
    natsUrl: found.NATS_URL,
    temporalAddress: found.TEMPORAL_ADDRESS,
    temporalNamespace: found.TEMPORAL_NAMESPACE,
    checkout: fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, ''),
  };
}

/** See {@link StackAddress}; `npm test` sets the variables. */
export const stack: StackAddress = readStackAddress(process.env);

/** The processes of the stack as its supervisor sees them now. */
export function readProcesses(): StackProcess[] {
  return readStackProcesses(stack.home);
}

/** What processes that a scenario starts need of our own environment. */
export const CHILD_ENVIRONMENT: Readonly<Record<string, string>> = { PATH: process.env['PATH'] ?? '', HOLDFAST_HOME: stack.home };
