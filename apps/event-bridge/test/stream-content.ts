import { EventReader, NatsLink, type StreamedEvent } from '@holdfast/event-bus';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Reads the stream the way a consumer would. */
export class StreamContent {
  readonly link: NatsLink;

  constructor(url: string) {
    this.link = new NatsLink({ url, clientName: 'bridge-test', log: quiet });
    this.link.start();
  }

  /** Everything in the stream. */
  async all(): Promise<StreamedEvent[]> {
    const events: StreamedEvent[] = [];
    for await (const event of new EventReader(this.link).read({}, AbortSignal.timeout(20_000))) events.push(event);
    return events;
  }

  /** The ids by run, in stream order. */
  async seqsByRun(): Promise<Map<string, number[]>> {
    const runs = new Map<string, number[]>();
    for (const { event } of await this.all()) runs.set(event.runid, [...(runs.get(event.runid) ?? []), event.seq]);
    return runs;
  }
}
