import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig, type Environment } from '@holdfast/nest-kit';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

const schema = z.object({
  /** Address of the gRPC and of the health server. */
  HOST: z.string().default('127.0.0.1'),
  /** Port of the gRPC server. */
  GRPC_PORT: port.default(8085),
  /** Port of the health and metrics server; 0 takes a free one. */
  HEALTH_PORT: port.default(8086),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  /** Proves that a call comes from one of our apps. */
  HOLDFAST_INTERNAL_SECRET: z.string().min(16, 'must have at least 16 characters'),
  /** PostgreSQL as role holdfast_tools. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' }),
  /** Most connections to PostgreSQL. */
  DATABASE_MAX_CONNECTIONS: z.coerce.number().int().min(1).max(100).default(8),
  /** How long a router counts as alive after its last sign of life; its calls are taken over afterwards. Milliseconds. */
  ROUTER_LEASE_MS: z.coerce.number().int().min(500).max(60_000).default(5_000),
  /** How long the ledger of deleted runs is kept, days; that of a run that is there stays. */
  RETENTION_DELETED_DAYS: z.coerce.number().int().min(1).max(36_500).default(30),
  /** Result cache; without it nothing is cached. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  /** The operator's catalogue: a file, or several with commas between them; default infra/tools/catalogue.json of the checkout. */
  HOLDFAST_TOOL_CATALOGUE: z
    .string()
    .min(1)
    .default(findCatalogue)
    .transform((list) => list.split(',').map((file) => file.trim())),
});

/** Settings of the tool router. */
export type ToolRouterConfig = Readonly<z.infer<typeof schema>> & {
  /** For the `${VARIABLE}`s of the catalogue. */
  readonly environment: Environment;
};

/** Reads the settings; prints every problem and ends the process when there are any. */
export function loadConfig(environment: Environment = process.env): ToolRouterConfig {
  return { ...defineConfig(schema, environment), environment };
}

/** Looks from the working directory upwards, so that `nx serve` finds it from the project's folder. */
function findCatalogue(): string {
  const relative = 'infra/tools/catalogue.json';
  for (let folder = process.cwd(); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, relative))) return join(folder, relative);
  }
  return relative;
}
