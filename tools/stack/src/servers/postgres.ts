import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../kit/run-command.ts';
import type { PostgresBinaries } from '../install/postgres-binaries.ts';
import type { UnprivilegedUser } from '../install/unprivileged-user.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import { clearOrphans } from './postgres-orphans.ts';
import { postgresUrl, queryOnce } from './postgres-sql.ts';
import { HOST, baseEnvironment, portOf, type StackContext } from './stack-context.ts';

/** Makes the data folder when there is none. A half-made one (killed during initdb) is made again. */
export async function initialisePostgres(context: StackContext, binaries: PostgresBinaries, user: UnprivilegedUser): Promise<void> {
  const root = context.layout.data('postgres');
  const data = join(root, 'data');
  const done = join(root, 'initialised');
  if (existsSync(done)) return;
  rmSync(root, { recursive: true, force: true });
  user.own(root);
  const passwordFile = join(root, 'password');
  writeFileSync(passwordFile, `${context.secrets.postgres}\n`, { mode: 0o644 });
  try {
    const initdb = [join(binaries.bin, 'initdb'), '--pgdata', data, '--username', 'postgres', '--pwfile', passwordFile];
    const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const [command, ...args] = [...user.prefix, ...initdb, ...options];
    if (command === undefined) throw new Error('no command');
    await runCommand(command, args, { signal: context.signal, cwd: '/', env: baseEnvironment(context), logFile: context.layout.log('postgres') });
    writeFileSync(done, '');
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The PostgreSQL process. */
export function postgresSpec(context: StackContext, binaries: PostgresBinaries, user: UnprivilegedUser): ProcessSpec {
  const data = join(context.layout.data('postgres'), 'data');
  const port = portOf(context.ports, 'postgres');
  const fixed = { port: String(port), listen_addresses: HOST, unix_socket_directories: '' };
  const settings = { ...readSettingsFile(join(context.settings.checkout, 'infra/postgres/postgresql.conf')), ...fixed };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const binary = join(binaries.bin, 'postgres');
  const [command = '', ...args] = [...user.prefix, binary, '-D', data, ...flags];
  const url = postgresUrl({ port, user: 'postgres', password: context.secrets.postgres, database: 'postgres' });
  return {
    name: 'postgres',
    command,
    args,
    env: baseEnvironment(context),
    cwd: '/',
    port,
    check: () => queryOnce(url, 'select 1'),
    // fast shutdown: rolls open transactions back, writes a checkpoint
    stopSignal: 'SIGINT',
    stopTimeoutMs: 30_000,
    beforeStart: () => clearOrphans(data, binary),
  };
}

/** Reads `name = value` lines; quotes around a value are taken off. */
export function readSettingsFile(path: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const match = /^([a-z_.]+)\s*=\s*(?:'([^']*)'|([^#]*))/.exec(line.trim());
    if (match?.[1] !== undefined) settings[match[1]] = match[2] ?? (match[3] ?? '').trim();
  }
  return settings;
}
