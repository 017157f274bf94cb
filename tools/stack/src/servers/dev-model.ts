import { join } from 'node:path';
import { checkHttp } from '../kit/checks.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import { HOST, nodeEnvironment, nodeBinary, portOf, type StackContext } from './stack-context.ts';

/** Name of the development model; stands in everything it says. */
export const DEV_MODEL = 'holdfast-dev';

/** The development model server, started when no LLM_GATEWAY_URL is given. */
export function devModelSpec(context: StackContext): ProcessSpec {
  const port = portOf(context.ports, 'dev-model');
  return {
    name: 'dev-model',
    command: nodeBinary(),
    args: [join(context.settings.checkout, 'tools/dev-model/src/main.ts')],
    env: { ...nodeEnvironment(context), HOST, PORT: String(port) },
    cwd: context.settings.checkout,
    port,
    check: () => checkHttp(`http://${HOST}:${port}/v1/models`),
    stopTimeoutMs: 3_000,
  };
}

/** Which model the worker talks to. */
export interface ModelChoice {
  readonly url: string;
  readonly apiKey: string;
  readonly name: string;
  /** True for our stand-in: every page and log line that shows its output says so. */
  readonly isDevelopmentModel: boolean;
}

/** The model of `LLM_GATEWAY_URL`, `LLM_GATEWAY_API_KEY`, `LLM_MODEL`; without the first our development model. */
export function modelChoice(env: Readonly<Record<string, string | undefined>>, devModelPort: number): ModelChoice {
  const url = env['LLM_GATEWAY_URL'];
  if (url === undefined || url === '') {
    return { url: `http://${HOST}:${devModelPort}/v1`, apiKey: DEV_MODEL, name: DEV_MODEL, isDevelopmentModel: true };
  }
  return { url, apiKey: env['LLM_GATEWAY_API_KEY'] ?? 'none', name: env['LLM_MODEL'] ?? 'default', isDevelopmentModel: false };
}
