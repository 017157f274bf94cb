import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkRedis } from '../kit/checks.ts';
import type { RedisBinary } from '../install/redis-binary.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import { HOST, baseEnvironment, portOf, type StackContext } from './stack-context.ts';

/** The Redis process, configured by infra/redis/redis.conf. */
export function redisSpec(context: StackContext, binary: RedisBinary): ProcessSpec {
  const folder = context.layout.data('redis');
  mkdirSync(folder, { recursive: true });
  const port = portOf(context.ports, 'redis');
  return {
    name: 'redis',
    command: binary.server,
    args: [join(context.settings.checkout, 'infra/redis/redis.conf'), '--port', String(port), '--dir', folder],
    env: { ...baseEnvironment(context), ...(binary.libraries === '' ? {} : { LD_LIBRARY_PATH: binary.libraries }) },
    cwd: folder,
    port,
    check: () => checkRedis(HOST, port),
  };
}
