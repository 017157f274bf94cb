import { ensureNats, ensureTemporal, ensureTemporalUi } from '../install/go-servers.ts';
import type { InstallContext } from '../install/installer.ts';
import { ensurePostgres } from '../install/postgres-binaries.ts';
import { ensureRedis } from '../install/redis-binary.ts';

/** Builds and fetches the servers while lint and unit tests run; starts nothing. */
export async function prefetchServers(context: InstallContext): Promise<void> {
  await Promise.all([ensurePostgres(context), ensureRedis(context), ensureNats(context), ensureTemporal(context), ensureTemporalUi(context)]);
}
