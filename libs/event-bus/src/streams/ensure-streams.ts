import { JetStreamApiCodes, JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { StreamDefinition } from './stream-config';

/** What {@link ensureStream} found or made. */
export interface StreamFacts {
  readonly name: string;
  /** When the server made the stream, ISO 8601: another value means that it is another stream. */
  readonly created: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly messages: number;
  /** `unchanged`, or what had to be done. */
  readonly action: 'unchanged' | 'created' | 'updated';
}

const API_TIMEOUT_MS = 5000;
const STREAM_NAME_IN_USE = 10058;

/**
 * Makes the stream when it is absent and repairs its configuration when it drifted. Any number of processes may call it at once.
 * @throws JetStreamApiError when the server refuses, for instance a change of storage.
 */
export async function ensureStream(connection: NatsConnection, definition: StreamDefinition): Promise<StreamFacts> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: API_TIMEOUT_MS });
  const existing = await streamFacts(manager, definition.name);
  if (existing === undefined) return create(manager, definition);
  if (!hasDrifted(definition, existing.config)) return { ...existing.facts, action: 'unchanged' };
  await manager.streams.update(definition.name, { ...existing.config, ...definition });
  return { ...existing.facts, action: 'updated' };
}

async function create(manager: JetStreamManager, definition: StreamDefinition): Promise<StreamFacts> {
  try {
    await manager.streams.add({ ...definition }); // a copy: the client writes into it
  } catch (error) {
    // Somebody else was faster, with another configuration: an older or newer version of us.
    if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE) throw error;
    await manager.streams.update(definition.name, { ...definition });
  }
  const made = await streamFacts(manager, definition.name);
  if (made === undefined) throw new Error(`stream ${definition.name} vanished while it was made`);
  return { ...made.facts, action: 'created' };
}

async function streamFacts(
  manager: JetStreamManager,
  name: string,
): Promise<{ facts: Omit<StreamFacts, 'action'>; config: StreamDefinition } | undefined> {
  try {
    const { config, created, state } = await manager.streams.info(name);
    const facts = { name, created, firstSeq: state.first_seq, lastSeq: state.last_seq, messages: state.messages };
    return { facts, config };
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
}

/** True when the server's configuration differs in anything that the definition names. */
export function hasDrifted(definition: StreamDefinition, actual: StreamDefinition): boolean {
  const values = new Map(Object.entries(actual));
  return Object.entries(definition).some(([key, wanted]) => JSON.stringify(values.get(key) ?? falsy(wanted)) !== JSON.stringify(wanted));
}

// The server leaves out fields at their zero value.
function falsy(wanted: unknown): unknown {
  return typeof wanted === 'boolean' ? false : undefined;
}
