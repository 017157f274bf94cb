import { join } from 'node:path';
import { ensureGoServer, type GoServer } from './go-build.ts';
import { QUIET_LOOKUP_MS, type InstallContext } from './installer.ts';
import { findNewEnough } from './on-path.ts';

// MAINTENANCE: versions stand in tools/stack/go/*/go.mod too.
const NATS: GoServer = {
  title: 'NATS server',
  module: 'nats',
  version: '2.15.2',
  folder: 'nats-server-2.15.2',
  binaries: { 'nats-server': 'github.com/nats-io/nats-server/v2' },
};
const TEMPORAL: GoServer = {
  title: 'Temporal server',
  module: 'temporal',
  version: '1.31.2',
  folder: 'temporal-1.31.2',
  binaries: {
    'temporal-server': 'go.temporal.io/server/cmd/server',
    'temporal-sql-tool': 'go.temporal.io/server/cmd/tools/sql',
  },
};
const TEMPORAL_UI: GoServer = {
  title: 'Temporal Web UI',
  module: 'ui',
  version: '2.50.1',
  folder: 'temporal-ui-2.50.1',
  binaries: { 'temporal-ui-server': 'github.com/temporalio/ui-server/v2/cmd/server' },
};

/** Path of a nats-server ≥ 2.12 (`sync_interval: always` per server, 2.15 features unused): PATH, cache, Go build. */
export async function ensureNats(context: InstallContext): Promise<string> {
  const onPath = await context.step(
    'Looking for a NATS server',
    () => findNewEnough('nats-server', [2, 12], context.settings.env['PATH'], context.signal),
    QUIET_LOOKUP_MS,
  );
  return onPath ?? join(await ensureGoServer(context, NATS), 'nats-server');
}

/** Paths of the Temporal server and its schema tool: cache, Go build. Distributions have no such package. */
export async function ensureTemporal(context: InstallContext): Promise<{ server: string; sqlTool: string }> {
  const folder = await ensureGoServer(context, TEMPORAL);
  return { server: join(folder, 'temporal-server'), sqlTool: join(folder, 'temporal-sql-tool') };
}

/** Path of the Temporal Web UI server: cache, Go build. */
export async function ensureTemporalUi(context: InstallContext): Promise<string> {
  return join(await ensureGoServer(context, TEMPORAL_UI), 'temporal-ui-server');
}
