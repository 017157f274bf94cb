import { uuidSchema } from '@holdfast/contracts';
import { defineConfig, type Environment } from '@holdfast/nest-kit';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const count = (min: number, max: number, fallback: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8083),
  /** Role holdfast_gateway. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_MAX_CONNECTIONS: count(1, 100, 20),
  NATS_URL: z.string().min(1),
  /** host:port of the frontend */
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('holdfast'),
  /** Signs calls between our apps. */
  HOLDFAST_INTERNAL_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
  /** `host:port` of the workers' gRPC: runs then start inside of a worker, which is cheaper. Without it the gateway starts them. */
  WORKER_ADDRESS: z.string().regex(/^[^\s/]+:\d+$/, 'must be host:port').optional(),
  /** Shown in /info, so that people find a run's workflow. */
  TEMPORAL_UI_URL: z.url().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
  /** Where the jobs of service levels stand; without it this gateway does not roll them up. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  /** Before the keys of the jobs in Redis: gateways of one database have the same. */
  SLO_QUEUE_PREFIX: z.string().regex(/^[\w-]{1,60}$/).default('holdfast'),
  /** Pace of the rollups of service levels, ms. */
  SLO_ROLL_UP_MS: count(1_000, 300_000, 15_000),
  /** Tenants that /metrics shows by themselves, ids joined by commas, at most 20; all others are one. */
  SLO_TENANTS: z
    .string()
    .default('')
    .transform((text) => text.split(',').map((id) => id.trim()).filter((id) => id !== ''))
    .pipe(z.array(uuidSchema).max(20)),
  /** Most SSE streams and waits open at once; more are answered with 503. */
  MAX_OPEN_STREAMS: count(1, 100_000, 5_000),
  /** Pace of SSE comments, ms; the SDK's watchdog arms itself after two of them. */
  HEARTBEAT_MS: count(100, 60_000, 5_000),
  /** A viewer that takes nothing for so long is disconnected, ms; it may come back with `Last-Event-ID`. */
  SLOW_VIEWER_MS: count(1_000, 600_000, 30_000),
  /** How often rows that never reached Temporal are looked for, ms. */
  SWEEP_INTERVAL_MS: count(100, 60_000, 2_000),
  /** A running run without a commit for so long is looked after, ms. */
  STALE_RUN_MS: count(1_000, 3_600_000, 60_000),
  /** How long a thread's workflow waits for the next turn, from the second turn within five minutes on, ms; 0: never. */
  THREAD_LINGER_MS: count(0, 300_000, 30_000),
  /** How often the builds of the workers and their open runs are looked at, ms. */
  DEPLOYMENT_INTERVAL_MS: count(100, 60_000, 5_000),
  /** A run that has been open for so long on a build that takes no new runs is moved to the current one at its next superstep, ms. */
  DRAIN_AFTER_MS: count(1_000, 86_400_000, 30_000),
  /** Posted events that a tenant may have at a time: they are kept for a day. More are answered with 429. */
  MAX_KEPT_EVENTS: count(1, 1_000_000, 10_000),
  /** Shortest interval that the schedule of a cron may show, ms. */
  CRON_MIN_INTERVAL_MS: count(1_000, 86_400_000, 60_000),
  /** `ttl` of new threads that name none, minutes: they are deleted when nothing has happened to them for so long; 0: never. */
  THREAD_TTL_MINUTES: count(0, 5_256_000, 0),
  /** How long the thread of a finished stateless run can still be read, ms. */
  STATELESS_GRACE_MS: count(0, 86_400_000, 60_000),
  /** How long the journal and the approvals of deleted runs are kept, days. */
  RETENTION_DELETED_DAYS: count(1, 36_500, 30),
  /** How long an `Idempotency-Key` is known, days. */
  RETENTION_KEYS_DAYS: count(1, 36_500, 7),
  /** How long waits and moments of crons are kept that are over, and sums of service levels that do not change any more, days. */
  RETENTION_PAST_DAYS: count(2, 36_500, 90),
});

const checkedSchema = schema.refine(({ WORKER_ADDRESS, HOLDFAST_INTERNAL_SECRET }) => WORKER_ADDRESS === undefined || HOLDFAST_INTERNAL_SECRET !== undefined, {
  path: ['HOLDFAST_INTERNAL_SECRET'],
  message: 'is needed to call the workers',
});

/** The gateway's settings; made from the environment once, in `main.ts`. */
export type GatewayConfig = Readonly<z.infer<typeof schema>>;

/** Injection token of {@link GatewayConfig}. */
export const GATEWAY_CONFIG = Symbol('holdfast.gateway-config');

/** Parses the environment; prints all problems and ends the process when it is unusable. */
export function loadConfig(env: Environment = process.env): GatewayConfig {
  return defineConfig(checkedSchema, env);
}
