import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import { sqlStateOf, toHoldfastError } from './database-errors';

/** One connection in use: turns errors into ours and remembers whether it may go back to the pool. */
export class Connection {
  #broken = false;
  readonly #markBroken = (): void => void (this.#broken = true);

  constructor(private readonly client: PoolClient) {
    // Without a listener the loss of a connection between two statements would end the process.
    client.on('error', this.#markBroken);
  }

  /** True once the connection is lost or in doubt. */
  get broken(): boolean {
    return this.#broken;
  }

  /** @throws HoldfastError */
  async query(statement: string | QueryConfig, values?: readonly unknown[]): Promise<QueryResult> {
    try {
      return await (values === undefined ? this.client.query(statement) : this.client.query(statement as string, [...values]));
    } catch (error) {
      // Whatever is no answer of the server leaves the protocol in an unknown state; class 57P and 25P answers end the session.
      const state = sqlStateOf(error);
      if (state === undefined || /^(57P|25P0[34]|08)/.test(state)) this.#broken = true;
      throw toHoldfastError(error);
    }
  }

  /** Gives the connection back, or closes it when it is in doubt. */
  release(): void {
    this.client.off('error', this.#markBroken);
    this.client.release(this.#broken);
  }

  /** Makes `release` close the connection. */
  discard(): void {
    this.#broken = true;
  }
}
