import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Ports of one stack by purpose. */
export type PortMap = Readonly<Record<string, number>>;

/** First port we choose from. */
const RANGE_START = 20_000;
/** Ports below the kernel's usual first ephemeral port (32768). */
const RANGE_END = 32_000;

/**
 * Chooses a port for every name: the remembered one when it is still free, else a free one.
 * Ports stay below the kernel's ephemeral range: while a killed server is down, its clients reconnect from ephemeral
 * ports, and one of them could otherwise take the very port the server needs (or connect to itself).
 * `seed` spreads homes over the range, so that two stacks starting at once do not race for one port.
 */
export async function choosePorts(
  names: readonly string[],
  remembered: PortMap,
  options: { seed: number; isFree: (port: number) => Promise<boolean>; rangeEnd?: number },
): Promise<PortMap> {
  const end = options.rangeEnd ?? RANGE_END;
  const size = end - RANGE_START;
  const taken = new Set<number>();
  const chosen: Record<string, number> = {};
  for (const name of names) {
    const old = remembered[name];
    if (old !== undefined && !taken.has(old) && (await options.isFree(old))) {
      chosen[name] = old;
      taken.add(old);
    }
  }
  let cursor = options.seed % size;
  for (const name of names) {
    if (chosen[name] !== undefined) continue;
    let tries = 0;
    for (;;) {
      if (++tries > size) throw new Error(`no free port between ${RANGE_START} and ${end}`);
      const port = RANGE_START + (cursor++ % size);
      if (taken.has(port) || !(await options.isFree(port))) continue;
      chosen[name] = port;
      taken.add(port);
      break;
    }
  }
  return chosen;
}

/** True when nobody listens on 127.0.0.1:port or on all addresses. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** The last port we may choose on this machine: below the kernel's ephemeral range. */
export function safeRangeEnd(): number {
  try {
    const first = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/)[0]);
    return first > RANGE_START + 2_000 ? Math.min(first, RANGE_END) : RANGE_END;
  } catch {
    return RANGE_END;
  }
}

/** Reads a remembered port map; anything that is no port is dropped. */
export function parsePortMap(value: unknown): PortMap {
  const ports: Record<string, number> = {};
  if (typeof value !== 'object' || value === null) return ports;
  for (const [name, port] of Object.entries(value)) {
    if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536) ports[name] = port;
  }
  return ports;
}
