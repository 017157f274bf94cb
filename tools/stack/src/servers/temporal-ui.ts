import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkHttp } from '../kit/checks.ts';
import { writeAtomically } from '../kit/files.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import { HOST, baseEnvironment, portOf, type StackContext } from './stack-context.ts';

/** The Temporal Web UI process; writes its configuration file from infra/temporal-ui/config.yaml. */
export function temporalUiSpec(context: StackContext, binary: string, temporalAddress: string): ProcessSpec {
  const port = portOf(context.ports, 'temporal-ui');
  const folder = context.layout.data('temporal-ui');
  const template = readFileSync(join(context.settings.checkout, 'infra/temporal-ui/config.yaml'), 'utf8');
  const values: Record<string, string> = { TEMPORAL_ADDRESS: temporalAddress, HOST, PORT: String(port) };
  const text = template.replace(/^#.*\n/gm, '').replace(/\$\{([A-Z_]+)\}/g, (_, name: string) => values[name] ?? '');
  writeAtomically(join(folder, 'config/development.yaml'), text);
  return {
    name: 'temporal-ui',
    command: binary,
    args: ['--root', folder, 'start'],
    env: baseEnvironment(context),
    cwd: folder,
    port,
    check: () => checkHttp(`http://${HOST}:${port}/healthz`),
    stopTimeoutMs: 3_000,
  };
}
