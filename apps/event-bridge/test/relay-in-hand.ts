import { EventBusAdmin, EventPublisher, EventReader, NatsLink, NoticeBus, WakeSignal } from '@holdfast/event-bus';
import { OutboxRepository, createDatabase, type Database, type OutboxSession } from '@holdfast/persistence';
import { Relay, type RelaySettings } from '../src/relay/relay';
import { StreamGuard } from '../src/repair/stream-guard';
import type { OwnDatabase } from './own-database';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The relay in the test's own process, on the real servers, with settings of the test. */
export class RelayInHand {
  /** How often it has looked at the journal. */
  looks = 0;
  private readonly db: Database;
  private readonly link: NatsLink;
  private readonly notices: NoticeBus;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(given: { database: OwnDatabase; natsUrl: string; settings: RelaySettings }) {
    this.db = createDatabase({ url: given.database.url('RELAY'), maxConnections: 3, applicationName: 'test-relay' });
    this.link = new NatsLink({ url: given.natsUrl, clientName: 'test-relay', log });
    this.notices = new NoticeBus(this.link);
    const outbox = new OutboxRepository(this.db);
    const publisher = new EventPublisher(this.link);
    const reader = new EventReader(this.link);
    const guard = new StreamGuard({ admin: new EventBusAdmin(this.link), outbox, reader, publisher, log });
    const wakeSignal = new WakeSignal();
    this.notices.subscribeAll(() => wakeSignal.wake());
    this.link.start();
    const counting = { open: async () => this.counting(await outbox.open()) };
    this.running = new Relay({ outbox: counting, publisher, reader, link: this.link, guard, wakeSignal, log }, given.settings).run(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('test ends'));
    await this.running;
    this.notices.close();
    await this.link.stop();
    await this.db.close();
  }

  private counting(session: OutboxSession): OutboxSession {
    const read = session.read.bind(session);
    session.read = async (limit) => {
      const rows = await read(limit);
      this.looks += 1;
      return rows;
    };
    return session;
  }
}
