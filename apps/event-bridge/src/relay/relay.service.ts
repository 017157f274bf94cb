import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { EventBusAdmin, EventPublisher, EventReader, NatsLink, NoticeBus, WakeSignal } from '@holdfast/event-bus';
import { ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { OutboxRepository } from '@holdfast/persistence';
import { StreamGuard } from '../repair/stream-guard';
import { LagWatch } from './lag-watch';
import { Relay } from './relay';

/** Runs the relay for as long as the app lives. */
@Injectable()
export class RelayService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly wakeSignal = new WakeSignal();
  private running: Promise<unknown> | undefined;
  private readonly guard: StreamGuard;

  constructor(
    @Inject(OutboxRepository) private readonly outbox: OutboxRepository,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(EventReader) private readonly reader: EventReader,
    @Inject(EventBusAdmin) admin: EventBusAdmin,
    @Inject(NatsLink) private readonly link: NatsLink,
    @Inject(NoticeBus) private readonly notices: NoticeBus,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    this.guard = new StreamGuard({ admin, outbox, reader, publisher, log });
  }

  /** Begins relaying as soon as NATS and PostgreSQL are there; returns at once. */
  onApplicationBootstrap(): void {
    const { outbox, publisher, reader, link, guard, wakeSignal, log } = this;
    this.notices.subscribeAll(() => wakeSignal.wake());
    const relay = new Relay({ outbox, publisher, reader, link, guard, wakeSignal, log });
    const watch = new LagWatch(outbox, log);
    this.running = Promise.all([relay.run(this.stopping.signal), watch.run(this.stopping.signal)]);
  }

  /** Lets the rows in hand be published and marked, then stops. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new Error('shutting down'));
    await this.running;
    await this.guard.save().catch((error: unknown) => this.log.warn({ err: error }, 'the state of the stream was not saved'));
  }
}
