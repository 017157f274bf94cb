import { join } from 'node:path';
import type { InstallContext } from '../install/installer.ts';
import type { HomeLayout } from '../layout.ts';
import type { PortMap } from '../ports.ts';
import type { Secrets } from '../secrets.ts';

/** What every server of one stack is configured from. */
export interface StackContext extends InstallContext {
  readonly layout: HomeLayout;
  readonly ports: PortMap;
  readonly secrets: Secrets;
}

/** All our processes listen here and nowhere else. */
export const HOST = '127.0.0.1';

/** Temporal namespace of our workflows. */
export const NAMESPACE = 'holdfast';

/** Inner ports of a stack, in the order they are chosen. */
export const PORT_NAMES = [
  'postgres',
  'nats',
  'nats-monitor',
  'redis',
  'temporal',
  'temporal-http',
  'temporal-frontend-membership',
  'temporal-history',
  'temporal-history-membership',
  'temporal-matching',
  'temporal-matching-membership',
  'temporal-worker',
  'temporal-worker-membership',
  'temporal-ui',
  'everything-mcp',
  'dev-model',
  'worker-health',
  'tool-router',
  'tool-router-health',
  'event-bridge-health',
  'worker',
] as const;

/** Name of an inner port. */
export type PortName = (typeof PORT_NAMES)[number];

/** The port of that name; every name of PORT_NAMES has one once a stack is being started. */
export function portOf(ports: PortMap, name: PortName): number {
  const port = ports[name];
  if (port === undefined) throw new Error(`no port ${name} has been chosen`);
  return port;
}

/** Variables a child may need from our own environment; addresses and secrets are never among them. */
const HANDED_ON = /^(PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|OTEL_.*)$/;

/** The environment every child begins with: nothing of ours but HANDED_ON, and the workspace's Node first on the PATH. */
export function baseEnvironment(context: InstallContext): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(context.settings.env)) {
    if (value !== undefined && HANDED_ON.test(name)) env[name] = value;
  }
  env['PATH'] = `${join(context.settings.checkout, 'node_modules/.bin')}:${env['PATH'] ?? '/usr/bin:/bin'}`;
  return env;
}

/** The environment of a process that runs on Node: compiled code is kept between starts (10-20 % of a start's CPU, measured). */
export function nodeEnvironment(context: StackContext): Record<string, string> {
  return { ...baseEnvironment(context), NODE_COMPILE_CACHE: context.layout.data('node-compile-cache') };
}

/** The Node that runs everything of ours: the workspace's own when it is installed (linux), else the current one. */
export function nodeBinary(): string {
  return process.execPath;
}
