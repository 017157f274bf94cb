import { join } from 'node:path';
import { isPortFree, safeRangeEnd } from '../ports.ts';
import { homeSeed, readSettings, type Settings } from '../settings.ts';

/** Variables that would make the tests use, or disturb, what belongs to somebody else. */
const LEFT_OUT = /^(HOLDFAST_(?!CACHE$)|LLM_|DATABASE_URL|NATS_URL$|REDIS_URL$|TEMPORAL_|EVERYTHING_MCP_URL$|OTEL_|NODE_OPTIONS$|NODE_ENV$|LOG_LEVEL$|npm_)/;

/** Everything a test run leaves behind lies below this folder of the checkout. */
export function testRoot(checkout: string): string {
  return join(checkout, '.holdfast-test');
}

/** Settings of a stack under test: home and ports of its own, always our own servers and the development model; e2e also has graphs of a folder and crons by the second. */
export async function testSettings(checkout: string, env: Readonly<Record<string, string | undefined>>, kind: 'int' | 'e2e'): Promise<Settings> {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !LEFT_OUT.test(name)));
  const home = join(testRoot(checkout), kind);
  const port = await freeApiPort(home);
  const ofKind = kind === 'e2e' ? { HOLDFAST_GRAPHS: join(checkout, 'apps/e2e/graphs'), CRON_MIN_INTERVAL_MS: '1000' } : {};
  return readSettings(checkout, { ...kept, ...ofKind, HOLDFAST_HOME: home, HOLDFAST_PORT: String(port) });
}

async function freeApiPort(home: string): Promise<number> {
  // above the ports that the stack will choose for its servers, which begin at the seed
  let port = 20_000 + ((homeSeed(home) + 500) % (safeRangeEnd() - 20_000));
  while (!(await isPortFree(port))) port += 1;
  return port;
}
