import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where this stack lives and which servers it shall use instead of its own. */
export interface Settings {
  /** Root of the checkout. */
  readonly checkout: string;
  /** `HOLDFAST_HOME`: all data, logs and pid files. Default `<checkout>/.holdfast`. */
  readonly home: string;
  /** `HOLDFAST_CACHE`: built and downloaded servers, shared by checkouts. Default `<user cache>/holdfast`. */
  readonly cache: string;
  /** `HOLDFAST_PORT`: port of the API. Default 8083. */
  readonly apiPort: number;
  /** `HOLDFAST_GRAPHS` or `--graphs`: folder with a langgraph.json whose graphs run beside ours. Default: ours only. */
  readonly graphs?: string;
  /** `HOLDFAST_TOOL_CATALOGUE`: catalogue files of the tool router, with commas between them. Default the one that comes with the checkout. */
  readonly toolCatalogue: string;
  /** Servers somebody else runs; absent ones are started by us. */
  readonly external: ExternalServers;
  /** Environment handed on to children (PATH, HOME, proxies, OTEL_*, LLM_*). */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Addresses of servers that are not ours to start. */
export interface ExternalServers {
  /** `HOLDFAST_POSTGRES_URL`: superuser URL of a PostgreSQL ≥ 18. */
  readonly postgresUrl?: string;
  /** `HOLDFAST_NATS_URL`. */
  readonly natsUrl?: string;
  /** `HOLDFAST_REDIS_URL`. */
  readonly redisUrl?: string;
  /** `HOLDFAST_TEMPORAL_ADDRESS`: host:port of the gRPC frontend. */
  readonly temporalAddress?: string;
  /** `HOLDFAST_TEMPORAL_UI_URL`. */
  readonly temporalUiUrl?: string;
}

/** Thrown for a setting that cannot be used; the message names the setting. */
export class SettingsError extends Error {
  readonly code = 'STACK_SETTINGS_INVALID';
}

/** Default of `HOLDFAST_PORT`. */
export const DEFAULT_API_PORT = 8083;

/** Reads the settings of one stack from an environment. Throws SettingsError naming the bad variable. */
export function readSettings(checkout: string, env: Readonly<Record<string, string | undefined>>): Settings {
  const value = (name: string): string | undefined => env[name]?.trim() || undefined;
  const graphs = value('HOLDFAST_GRAPHS');
  const userCache = value('XDG_CACHE_HOME') ?? join(env['HOME'] ?? homedir(), '.cache');
  return {
    checkout,
    home: resolve(checkout, value('HOLDFAST_HOME') ?? '.holdfast'),
    cache: resolve(checkout, value('HOLDFAST_CACHE') ?? join(userCache, 'holdfast')),
    apiPort: parsePort('HOLDFAST_PORT', value('HOLDFAST_PORT'), DEFAULT_API_PORT),
    ...optional('graphs', graphs === undefined ? undefined : resolve(checkout, graphs)),
    toolCatalogue: (value('HOLDFAST_TOOL_CATALOGUE') ?? 'infra/tools/catalogue.json')
      .split(',')
      .map((file) => resolve(checkout, file.trim()))
      .join(','),
    external: {
      ...optional('postgresUrl', value('HOLDFAST_POSTGRES_URL')),
      ...optional('natsUrl', value('HOLDFAST_NATS_URL')),
      ...optional('redisUrl', value('HOLDFAST_REDIS_URL')),
      ...optional('temporalAddress', value('HOLDFAST_TEMPORAL_ADDRESS')),
      ...optional('temporalUiUrl', value('HOLDFAST_TEMPORAL_UI_URL')),
    },
    env,
  };
}

/** A number that is the same for the same home and differs between homes; spreads their ports. */
export function homeSeed(home: string): number {
  return createHash('sha256').update(home).digest().readUInt32BE(0);
}

function parsePort(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new SettingsError(`${name} must be a port number between 1 and 65535, not ${JSON.stringify(text)}.`);
  }
  return port;
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}
