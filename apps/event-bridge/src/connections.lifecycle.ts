import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EventPublisher, NatsLink, NoticeBus } from '@holdfast/event-bus';
import { Database } from '@holdfast/persistence';

/** Opens the connections in the background at the start and closes them last. */
@Injectable()
export class ConnectionsLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(NatsLink) private readonly link: NatsLink,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(NoticeBus) private readonly notices: NoticeBus,
  ) {}

  /** Returns at once: the app listens before its dependencies are there. */
  onApplicationBootstrap(): void {
    this.link.start();
  }

  /** After the relay has ended ({@link RelayService} ends in `onModuleDestroy`). */
  async onApplicationShutdown(): Promise<void> {
    this.publisher.close();
    this.notices.close();
    try {
      await this.link.stop();
    } finally {
      await this.db.close();
    }
  }
}
