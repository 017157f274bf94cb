import { setTimeout as sleep } from 'node:timers/promises';
import { StreamName } from '@holdfast/contracts/nats';
import { EventReader, NatsLink, type StreamedEvent } from '@holdfast/event-bus';
import { jetstreamManager } from '@nats-io/jetstream';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

// The server takes no shorter one.
const SHORTEST_WINDOW_MS = 100;

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

  /** Lets the stream's duplicate window pass for everything it holds; the next relay sets the window right again. */
  async forgetIds(): Promise<void> {
    await sleep(SHORTEST_WINDOW_MS);
    const { streams } = await jetstreamManager(await this.link.whenUp(AbortSignal.timeout(5000)));
    const { config } = await streams.info(StreamName.events);
    await streams.update(StreamName.events, { ...config, duplicate_window: SHORTEST_WINDOW_MS * 1_000_000 });
    await sleep(SHORTEST_WINDOW_MS);
  }

  /** The ids by run, in stream order. */
  async seqsByRun(): Promise<Map<string, number[]>> {
    const runs = new Map<string, number[]>();
    for (const { event } of await this.all()) runs.set(event.runid, [...(runs.get(event.runid) ?? []), event.seq]);
    return runs;
  }
}
