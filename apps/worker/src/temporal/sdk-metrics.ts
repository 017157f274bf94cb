import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { register } from 'prom-client';

/** A free port of the loopback address, for the SDK's own exporter, which cannot tell which port it took. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

const SCRAPE_TIMEOUT_MS = 1_000;

/**
 * Puts the SDK's metrics (`temporal_…`) behind this process's own on `/metrics`. They come as finished text from the native side;
 * the registry knows no such source, so its one method that renders the page is extended.
 */
export function appendSdkMetrics(port: number): void {
  const own = register.metrics.bind(register);
  register.metrics = async () => {
    const [page, sdk] = await Promise.all([own(), scrape(port)]);
    return `${page}\n${sdk}`;
  };
}

async function scrape(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) });
    return await response.text();
  } catch {
    return ''; // before the runtime is up; the page then has our own metrics only
  }
}
