import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { EVENT_SUBJECTS, StreamName, TOKEN_SUBJECTS } from '@holdfast/contracts/nats';

/** A stream's configuration as far as we care; what is not named here may differ on the server. */
export type StreamDefinition = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Facts. On disk, 30 days; nothing in it can be deleted or purged through the API. A full stream drops its oldest facts instead
 * of refusing new ones: the journal in PostgreSQL stays the truth.
 */
export const EVENTS_STREAM: StreamDefinition = {
  name: StreamName.events,
  subjects: [EVENT_SUBJECTS],
  description: 'Facts: the relayed run journal',
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: nanos(30 * DAY_MS),
  max_bytes: 2 * 1024 ** 3,
  max_msg_size: 256 * 1024,
  // Drops what a publisher repeats after a lost answer. A relay that was away for longer asks for what is stored: EventReader.readLast.
  duplicate_window: nanos(10 * MINUTE_MS),
  deny_delete: true,
  deny_purge: true,
  allow_rollup_hdrs: false,
  allow_direct: true,
  // One fsync for a whole batch: 11,900 instead of 850 messages/s under `sync_interval: always`.
  allow_atomic: true,
};

/** Tokens of messages in flight. In memory: a restart of NATS loses it, and whoever notices first makes it anew. */
export const TOKENS_STREAM: StreamDefinition = {
  name: StreamName.tokens,
  subjects: [TOKEN_SUBJECTS],
  description: 'Tokens of messages in flight; not facts',
  retention: RetentionPolicy.Limits,
  storage: StorageType.Memory,
  discard: DiscardPolicy.Old,
  max_age: nanos(5 * MINUTE_MS),
  max_bytes: 128 * 1024 ** 2,
  max_msg_size: 256 * 1024,
  allow_direct: true,
};
