import { formatExports } from '../kit/env-file.ts';
import { readJson } from '../kit/files.ts';
import { homeLayout } from '../layout.ts';
import { parsePortMap } from '../ports.ts';
import { loadSecrets } from '../secrets.ts';
import type { AppName } from '../servers/app-names.ts';
import { appSpecs } from '../servers/apps.ts';
import { baseEnvironment, type StackContext } from '../servers/stack-context.ts';
import type { Settings } from '../settings.ts';
import { addressesOf } from '../start/addresses.ts';
import { ownerOf } from '../start/open-home.ts';
import { ExitCode } from './exit-codes.ts';

/** Of no use to somebody who runs the app from source. */
const LEFT_OUT = new Set(['NODE_ENV', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE']);

/** `stack env APP`: what the stack gives an app to find the servers, as `export` lines for the shell's `eval`. */
export function envCommand(settings: Settings, app: AppName): number {
  const layout = homeLayout(settings.home);
  const ports = parsePortMap(readJson(layout.portsJson));
  if (ownerOf(layout) === undefined) {
    // what is evaluated must fail too, or the command behind it would run without its servers
    process.stdout.write('false\n');
    process.stderr.write(`No stack runs for ${layout.home}. Start one without this app: npm run stack -- up --without ${app}\n`);
    return ExitCode.failed;
  }
  const secrets = loadSecrets(layout.secretsJson);
  const context: StackContext = { settings, layout, ports, secrets, signal: new AbortController().signal, step: (_, work) => work({ detail: () => undefined }) };
  const inherited = baseEnvironment(context);
  const spec = appSpecs(context, addressesOf(settings.external, ports, secrets)).find(({ name }) => name === app);
  const shown = Object.entries(spec?.env ?? {}).filter(([name]) => inherited[name] === undefined && !LEFT_OUT.has(name));
  process.stdout.write(formatExports(Object.fromEntries(shown)));
  return ExitCode.ok;
}
