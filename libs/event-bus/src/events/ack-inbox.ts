import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { NatsLink } from '../connection/nats-link';
import { PublishFailedError } from './publish-failed.error';

interface Waiter {
  resolve(answer: Msg): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Requests whose answers come to one long-lived inbox. Unlike the client's own `request`, several messages may go out before the
 * one that is answered, and a lost connection fails what is waiting at once instead of after its timeout.
 */
export class AckInbox {
  private readonly prefix = createInbox();
  private readonly waiters = new Map<string, Waiter>();
  private readonly stopWatching: (() => void)[];
  private subscription: Subscription | undefined;
  private connection: NatsConnection | undefined;
  private counter = 0;

  constructor(link: NatsLink) {
    this.stopWatching = [
      link.onUp((connection) => this.attach(connection)),
      link.onDown(() => this.failAll(new PublishFailedError('NATS_AWAY', 'the connection to NATS was lost'))),
    ];
  }

  /**
   * Calls `publish` with the reply subject to use and waits for the answer.
   * @throws {PublishFailedError} when no answer comes in time or the connection is lost.
   */
  request(publish: (reply: string) => void, timeoutMs: number): Promise<Msg> {
    const key = String((this.counter += 1));
    return new Promise<Msg>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiters.delete(key);
        reject(new PublishFailedError('ACK_TIMEOUT', `no acknowledgement within ${timeoutMs} ms`));
      }, timeoutMs);
      this.waiters.set(key, { resolve, reject, timer });
      try {
        publish(`${this.prefix}.${key}`);
      } catch (error) {
        this.waiters.delete(key);
        clearTimeout(timer);
        reject(error as Error);
      }
    });
  }

  /** Fails what is waiting and stops listening. */
  close(): void {
    for (const stop of this.stopWatching) stop();
    this.subscription?.unsubscribe();
    this.subscription = undefined;
    this.failAll(new PublishFailedError('NATS_AWAY', 'the publisher was closed'));
  }

  private attach(connection: NatsConnection): void {
    // The client renews its subscriptions itself after a reconnect; only a new connection needs a new one.
    if (this.connection === connection) return;
    this.connection = connection;
    this.subscription = connection.subscribe(`${this.prefix}.*`, {
      callback: (error, answer) => {
        const key = error === null ? answer.subject.slice(this.prefix.length + 1) : '';
        const waiter = this.waiters.get(key);
        if (waiter === undefined) return;
        this.waiters.delete(key);
        clearTimeout(waiter.timer);
        waiter.resolve(answer);
      },
    });
  }

  private failAll(error: Error): void {
    for (const waiter of this.waiters.values()) {
      clearTimeout(waiter.timer);
      waiter.reject(error);
    }
    this.waiters.clear();
  }
}
