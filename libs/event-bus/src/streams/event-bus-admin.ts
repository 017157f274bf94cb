import { StreamName } from '@holdfast/contracts/nats';
import type { NatsLink } from '../connection/nats-link';
import { ensureStream, findStream, type StreamFacts } from './ensure-streams';
import { EVENTS_STREAM, TOKENS_STREAM } from './stream-config';

/** Makes and inspects the streams of Holdfast. */
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

  /** The state of the events stream; undefined when it is not there. */
  async eventsStream(signal: AbortSignal): Promise<StreamFacts | undefined> {
    return findStream(await this.link.whenUp(signal), StreamName.events);
  }
}
