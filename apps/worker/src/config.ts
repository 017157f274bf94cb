import { defineConfig, type Environment } from '@holdfast/nest-kit';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().positive();

const schema = z.object({
  /** Address of the gRPC and of the health and metrics server. */
  HOST: z.string().default('127.0.0.1'),
  /** Port of the health and metrics server; 0 takes a free one. */
  HEALTH_PORT: port.default(8084),
  /** Port of the gRPC server that takes runs from the gateway. */
  GRPC_PORT: port.default(8087),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  /** Signs calls between our apps. */
  HOLDFAST_INTERNAL_SECRET: z.string().min(16, 'must have at least 16 characters'),
  /** PostgreSQL as role holdfast_worker. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' }),
  /** Most connections to PostgreSQL. */
  DATABASE_MAX_CONNECTIONS: z.coerce.number().int().min(1).max(100).default(16),
  NATS_URL: z.string().min(1),
  /** `host:port` of Temporal's frontend. */
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:\d+$/, 'must be host:port'),
  TEMPORAL_NAMESPACE: z.string().default('holdfast'),
  /** `host:port` of the tool router's gRPC. */
  TOOL_ROUTER_ADDRESS: z.string().regex(/^[^\s/]+:\d+$/, 'must be host:port'),
  /** OpenAI chat-completions endpoint, with `/v1`. */
  LLM_GATEWAY_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s):// URL' }),
  LLM_GATEWAY_API_KEY: z.string().min(1).default('none'),
  /** Model that is called when a graph names none. */
  LLM_MODEL: z.string().min(1),
  /** Whether that is the development model: the worker then says so in its log. */
  LLM_IS_DEVELOPMENT_MODEL: z.stringbool().default(false),
  /** Longest model call, milliseconds. */
  LLM_DEADLINE_MS: milliseconds.default(300_000),
  /** Longest silence of a streaming model, milliseconds. */
  LLM_IDLE_TIMEOUT_MS: milliseconds.default(60_000),
  /** Who gives new runs to another build: `auto`, a new build takes them when its worker runs; `manual`, an operator. */
  HOLDFAST_DEPLOY: z.enum(['auto', 'manual']).default('auto'),
  /** A worker that could not renew its row for so long counts as dead, milliseconds: the open runs of a build without workers are moved. */
  WORKER_LEASE_MS: z.coerce.number().int().min(1_000).max(300_000).default(15_000),
  /** Prebuilt workflow bundle; default `workflows.cjs` beside the app, else built from source. */
  HOLDFAST_WORKFLOW_BUNDLE: z.string().min(1).optional(),
  /** Folder with a langgraph.json, absolute or relative to the checkout: its graphs are bundled with ours when the worker starts. */
  HOLDFAST_GRAPHS: z.string().min(1).optional(),
  /** Where bundles with such graphs are kept. Default `.holdfast` of the checkout. */
  HOLDFAST_HOME: z.string().min(1).optional(),
});

/** Settings of the worker. */
export type WorkerConfig = Readonly<z.infer<typeof schema>>;

/** Injection token of {@link WorkerConfig}. */
export const WORKER_CONFIG = Symbol('holdfast.worker.config');

/** Reads the settings; prints every problem and ends the process when there are any. */
export function loadConfig(environment: Environment = process.env): WorkerConfig {
  return defineConfig(schema, environment);
}
