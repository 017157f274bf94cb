import { NatsLink } from '../src/connection/nats-link';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A silent log, and the links that the tests opened. */
export const log = quiet;
const open: NatsLink[] = [];

/** A started link. */
export function link(url: string): NatsLink {
  const made = new NatsLink({ url, clientName: 'event-bus-test', log: quiet });
  open.push(made);
  made.start();
  return made;
}

/** Closes every link. */
export async function closeLinks(): Promise<void> {
  await Promise.all(open.splice(0).map((made) => made.stop()));
}
