import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkHttp } from '../kit/checks.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import { HOST, baseEnvironment, portOf, type StackContext } from './stack-context.ts';

/** The NATS process with JetStream, configured by infra/nats/nats-server.conf. */
export function natsSpec(context: StackContext, binary: string): ProcessSpec {
  const store = context.layout.data('nats');
  mkdirSync(store, { recursive: true });
  const port = portOf(context.ports, 'nats');
  const monitor = portOf(context.ports, 'nats-monitor');
  return {
    name: 'nats',
    command: binary,
    args: ['-c', join(context.settings.checkout, 'infra/nats/nats-server.conf')],
    env: {
      ...baseEnvironment(context),
      // quoted: the file's parser takes each value as if it stood in the file
      NATS_LISTEN: `"${HOST}:${port}"`,
      NATS_MONITOR_LISTEN: `"${HOST}:${monitor}"`,
      NATS_STORE_DIR: `"${store}"`,
    },
    cwd: context.layout.home,
    port,
    check: () => checkHttp(`http://${HOST}:${monitor}/healthz?js-enabled-only=true`),
    // SIGTERM would make it wait for its clients (lame duck is SIGUSR2); it stores before it answers anyway
    stopSignal: 'SIGTERM',
  };
}
