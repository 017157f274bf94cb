import { join } from 'node:path';
import { checkHttp } from '../kit/checks.ts';
import type { Settings } from '../settings.ts';
import type { Addresses } from '../start/addresses.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import type { AppName } from './app-names.ts';
import { modelChoice } from './dev-model.ts';
import { HOST, NAMESPACE, nodeEnvironment, nodeBinary, portOf, type StackContext } from './stack-context.ts';

/**
 * The process of every app. Apps get their addresses from this environment only.
 * @param workflowBundle file that the worker runs; default: what it finds, or builds with `Settings.graphs`
 */
export function appSpecs(context: StackContext, addresses: Addresses, workflowBundle?: string): ProcessSpec[] {
  const { settings, ports, secrets } = context;
  const nodeOptions = settings.env['HOLDFAST_NODE_OPTIONS'];
  const common = {
    ...nodeEnvironment(context),
    ...(nodeOptions === undefined ? {} : { NODE_OPTIONS: nodeOptions }),
    NODE_ENV: 'production',
    LOG_LEVEL: settings.env['LOG_LEVEL'] ?? 'info',
    HOLDFAST_INTERNAL_SECRET: secrets.internal,
    HOST,
  };
  const temporal = { TEMPORAL_ADDRESS: addresses.temporal, TEMPORAL_NAMESPACE: NAMESPACE };
  const model = modelChoice(settings.env, portOf(ports, 'dev-model'));
  const app = (name: AppName, port: number, healthPort: number, env: Record<string, string>): ProcessSpec => ({
    name,
    command: nodeBinary(),
    args: ['--enable-source-maps', join(settings.checkout, 'apps', name, 'dist/main.mjs')],
    env: { ...common, ...env },
    cwd: settings.checkout,
    port,
    check: () => checkHttp(`http://${HOST}:${healthPort}/readyz`),
    isAlive: () => checkHttp(`http://${HOST}:${healthPort}/livez`),
    stopTimeoutMs: 12_000,
  });
  const health = (name: 'worker-health' | 'tool-router-health' | 'event-bridge-health'): number => portOf(ports, name);
  return [
    app('tool-router', portOf(ports, 'tool-router'), health('tool-router-health'), {
      GRPC_PORT: String(portOf(ports, 'tool-router')),
      HEALTH_PORT: String(health('tool-router-health')),
      DATABASE_URL: addresses.tools,
      REDIS_URL: addresses.redis,
      HOLDFAST_TOOL_CATALOGUE: settings.toolCatalogue,
      HOLDFAST_WORKSPACE_ROOT: settings.checkout,
      EVERYTHING_MCP_URL: addresses.everythingMcp,
    }),
    app('event-bridge', health('event-bridge-health'), health('event-bridge-health'), {
      HEALTH_PORT: String(health('event-bridge-health')),
      DATABASE_URL: addresses.relay,
      NATS_URL: addresses.nats,
    }),
    app('worker', portOf(ports, 'worker'), health('worker-health'), {
      GRPC_PORT: String(portOf(ports, 'worker')),
      HEALTH_PORT: String(health('worker-health')),
      DATABASE_URL: addresses.worker,
      NATS_URL: addresses.nats,
      ...temporal,
      TOOL_ROUTER_ADDRESS: `${HOST}:${portOf(ports, 'tool-router')}`,
      LLM_GATEWAY_URL: model.url,
      LLM_GATEWAY_API_KEY: model.apiKey,
      LLM_MODEL: model.name,
      LLM_IS_DEVELOPMENT_MODEL: String(model.isDevelopmentModel),
      ...graphsOfWorker(settings, workflowBundle),
    }),
    app('api-gateway', settings.apiPort, settings.apiPort, {
      PORT: String(settings.apiPort),
      DATABASE_URL: addresses.gateway,
      NATS_URL: addresses.nats,
      REDIS_URL: addresses.redis,
      ...temporal,
      WORKER_ADDRESS: `${HOST}:${portOf(ports, 'worker')}`,
      TEMPORAL_UI_URL: addresses.temporalUi,
      ...cronPace(settings),
    }),
  ];
}

/** Tests do not wait for minutes. */
function cronPace({ env }: Settings): Record<string, string> {
  const name = 'CRON_MIN_INTERVAL_MS';
  return env[name] === undefined ? {} : { [name]: env[name] };
}

function graphsOfWorker({ graphs, home }: Settings, workflowBundle: string | undefined): Record<string, string> {
  if (workflowBundle !== undefined) return { HOLDFAST_WORKFLOW_BUNDLE: workflowBundle };
  return graphs === undefined ? {} : { HOLDFAST_GRAPHS: graphs, HOLDFAST_HOME: home };
}
