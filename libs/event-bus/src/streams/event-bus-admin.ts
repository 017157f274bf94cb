import type { NatsLink } from '../connection/nats-link';
import { ensureStream, type StreamFacts } from './ensure-streams';
import { EVENTS_STREAM, TOKENS_STREAM } from './stream-config';

/** Makes the streams of Holdfast. */
export class EventBusAdmin {
  constructor(private readonly link: NatsLink) {}

  /**
   * Makes both streams when absent and repairs their configuration; returns the state of the events stream.
   * @throws when NATS is away or refuses.
   */
  async ensureStreams(signal: AbortSignal): Promise<StreamFacts> {
    const connection = await this.link.whenUp(signal);
    await ensureStream(connection, TOKENS_STREAM);
    return ensureStream(connection, EVENTS_STREAM);
  }
}
