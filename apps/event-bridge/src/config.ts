import { defineConfig, type Environment } from '@holdfast/nest-kit';
import { z } from 'zod';

const schema = z.object({
  /** Address of the health and metrics server. */
  HOST: z.string().default('127.0.0.1'),
  /** Its port; 0 takes a free one. */
  HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(8086),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  /** PostgreSQL as role holdfast_relay. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' }),
  /** `nats://host:port`, several separated by commas. */
  NATS_URL: z.string().regex(/^(nats|tls):\/\/\S+$/, 'must be a nats:// URL'),
});

/** Settings of the event-bridge. */
export type BridgeConfig = Readonly<z.infer<typeof schema>>;

/** Reads the settings; prints every problem and ends the process when there are any. */
export function loadConfig(environment: Environment = process.env): BridgeConfig {
  return defineConfig(schema, environment);
}
