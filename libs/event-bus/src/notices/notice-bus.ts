import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { NOTICE_SUBJECTS, noticeSubject } from '@holdfast/contracts/nats';
import { counter } from '@holdfast/nest-kit/metrics';
import type { NatsLink } from '../connection/nats-link';
import { noticeSchema, type Notice, type NoticeListener } from './notice';

const dropped = counter({
  name: 'holdfast_notices_dropped_total',
  help: 'Notices not sent because NATS was away; their readers find the news a little later.',
});

/**
 * Wake-ups after a journal commit, over core NATS: nothing is stored, nothing is confirmed. A lost notice costs its reader the
 * time until it looks by itself.
 */
export class NoticeBus {
  private readonly listeners = new Map<string, Set<NoticeListener>>();
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly stopWatching: () => void;
  private connection: NatsConnection | undefined;

  constructor(private readonly link: NatsLink) {
    this.stopWatching = link.onUp((connection) => this.attach(connection));
  }

  /** Tells that the run's journal has grown. Returns at once and never throws: the commit has happened already. */
  publish(tenantId: string, runId: string, notice: Notice): void {
    const { connection } = this.link;
    if (connection === undefined) {
      dropped.inc();
      return;
    }
    try {
      connection.publish(noticeSubject(tenantId, runId), JSON.stringify(notice));
    } catch {
      dropped.inc();
    }
  }

  /** Listens to one run. Returns how to stop; several listeners of a run share one subscription. */
  subscribe(tenantId: string, runId: string, listener: NoticeListener): () => void {
    return this.listen(noticeSubject(tenantId, runId), listener);
  }

  /** Listens to every run of every tenant: for the relay. Returns how to stop. */
  subscribeAll(listener: NoticeListener): () => void {
    return this.listen(NOTICE_SUBJECTS, listener);
  }

  /** Ends all subscriptions. */
  close(): void {
    this.stopWatching();
    for (const subscription of this.subscriptions.values()) subscription.unsubscribe();
    this.subscriptions.clear();
    this.listeners.clear();
  }

  private listen(subject: string, listener: NoticeListener): () => void {
    const known = this.listeners.get(subject);
    if (known === undefined) {
      this.listeners.set(subject, new Set([listener]));
      if (this.connection !== undefined) this.subscribeNow(this.connection, subject);
    } else {
      known.add(listener);
    }
    return () => this.unlisten(subject, listener);
  }

  private unlisten(subject: string, listener: NoticeListener): void {
    const set = this.listeners.get(subject);
    if (set === undefined || !set.delete(listener) || set.size > 0) return;
    this.listeners.delete(subject);
    this.subscriptions.get(subject)?.unsubscribe();
    this.subscriptions.delete(subject);
  }

  private attach(connection: NatsConnection): void {
    if (this.connection !== connection) {
      this.connection = connection;
      this.subscriptions.clear();
      for (const subject of this.listeners.keys()) this.subscribeNow(connection, subject);
    }
    for (const set of this.listeners.values()) for (const listener of [...set]) listener(undefined);
  }

  private subscribeNow(connection: NatsConnection, subject: string): void {
    const subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        const notice = parseNotice(message.string());
        for (const listener of [...(this.listeners.get(subject) ?? [])]) listener(notice);
      },
    });
    this.subscriptions.set(subject, subscription);
  }
}

// A notice we cannot read is still a reason to look.
function parseNotice(text: string): Notice | undefined {
  try {
    return noticeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
