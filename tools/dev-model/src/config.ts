import { z } from 'zod';

const Environment = z.object({
  /** Address to listen on. */
  HOST: z.string().default('127.0.0.1'),
  /** Port to listen on; 0 takes a free one. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(8095),
  /** Pause before each chunk of a stream, in milliseconds. */
  DEV_MODEL_CHUNK_MS: z.coerce.number().min(0).max(5_000).default(5),
});

/** Settings of the development model server. */
export type Config = z.infer<typeof Environment>;

/** Reads the settings from the environment; prints every problem and exits with 1 when there are any. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(environment);
  if (parsed.success) return parsed.data;
  process.stderr.write(`dev-model: ${z.prettifyError(parsed.error)}\n`);
  return process.exit(1);
}
