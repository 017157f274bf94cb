import type { Database, TenantCall } from './database';

const RENEW: TenantCall = { name: 'renew_router', text: 'SELECT tools.renew_router($1, $2)' };
const END: TenantCall = { name: 'end_router', text: 'DELETE FROM tools.routers WHERE router_id = $1' };

/** Which router processes are alive, by the database's clock. They belong to no tenant. */
export class ToolRoutersRepository {
  constructor(private readonly db: Database) {}

  /** The router counts as alive for `leaseMs` from now; 0 makes it dead. */
  async renew(routerId: string, leaseMs: number): Promise<void> {
    await this.db.callSystem(RENEW, [routerId, leaseMs]);
  }

  /** The router is gone: what it still claims may be taken over at once. */
  async end(routerId: string): Promise<void> {
    await this.db.callSystem(END, [routerId]);
  }
}
