import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withFileLock } from '../../bin/file-lock.mjs';
import { CommandError, runCommand } from '../kit/run-command.ts';
import { findVersion, isAtLeast } from '../kit/semver.ts';
import { InstallError, type InstallContext } from './installer.ts';
import { findOnPath } from './on-path.ts';

/** One server built from a Go module that is pinned in `tools/stack/go/<module>`. */
export interface GoServer {
  /** For people, e.g. `Temporal server`. */
  readonly title: string;
  /** Folder below `tools/stack/go`. */
  readonly module: string;
  readonly version: string;
  /** Folder in the cache, e.g. `temporal-1.31.2`. */
  readonly folder: string;
  /** Binary name → package to build. */
  readonly binaries: Readonly<Record<string, string>>;
}

/** Go older than this cannot build the servers. */
const MINIMUM_GO = [1, 26];

/** The folder with the built binaries; builds them when the cache lacks them. */
export async function ensureGoServer(context: InstallContext, server: GoServer): Promise<string> {
  const { settings, signal } = context;
  const folder = join(settings.cache, `${server.folder}-${process.platform}-${process.arch}`);
  const isComplete = (): boolean => Object.keys(server.binaries).every((name) => existsSync(join(folder, name)));
  if (isComplete()) return folder;
  return context.step(`Building ${server.title} ${server.version} with Go (once; minutes)`, async (task) =>
    withFileLock(
      `${folder}.lock`,
      { signal, onWait: (pid) => task.detail(`(waiting for process ${pid}, which builds it)`) },
      async () => {
        if (isComplete()) return folder;
        const go = await findGo(context, server);
        const temporary = `${folder}.tmp`;
        rmSync(temporary, { recursive: true, force: true });
        mkdirSync(temporary, { recursive: true });
        for (const [name, source] of Object.entries(server.binaries)) {
          task.detail(name);
          await build(context, { go, server, source, output: join(temporary, name) });
        }
        rmSync(folder, { recursive: true, force: true });
        renameSync(temporary, folder);
        return folder;
      },
    ),
  );
}

async function build(
  context: InstallContext,
  job: { go: string; server: GoServer; source: string; output: string },
): Promise<void> {
  const { settings, signal } = context;
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-o', job.output, job.source];
  try {
    // nice: the build runs beside an installation, a type check or somebody's editor
    await runCommand('nice', [job.go, ...args], {
      cwd: join(settings.checkout, 'tools/stack/go', job.server.module),
      env: { ...settings.env, PATH: `${dirname(job.go)}:${settings.env['PATH'] ?? ''}`, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' },
      signal,
      logFile: join(settings.cache, 'logs', `${job.server.folder}.log`),
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const tail = error.output.trimEnd().split('\n').slice(-12).join('\n    ');
    throw new InstallError(
      `${job.server.title} could not be built:\n    ${tail}\n` +
        `  Try it by hand: (cd tools/stack/go/${job.server.module} && CGO_ENABLED=0 go build -o ${job.output} ${job.source})`,
    );
  }
}

async function findGo(context: InstallContext, server: GoServer): Promise<string> {
  const { settings, signal } = context;
  // `/usr/local/go/bin` is where the official archive puts it, often without a PATH entry
  const go = findOnPath('go', `${settings.env['PATH'] ?? ''}:/usr/local/go/bin`);
  const version = go === undefined ? undefined : findVersion(await runCommand(go, ['env', 'GOVERSION'], { signal, env: { ...settings.env } }));
  if (go !== undefined && version !== undefined && isAtLeast(version, MINIMUM_GO)) return go;
  throw new InstallError(
    `${server.title} ${server.version} is built with Go ≥ ${MINIMUM_GO.join('.')}, but ${go === undefined ? 'there is no go on the PATH' : `${go} is ${version?.join('.') ?? 'of unknown version'}`}.\n` +
      `  Install Go from your distribution or its download page, or place the binaries ${Object.keys(server.binaries).join(', ')} into ${join(settings.cache, server.folder)}-${process.platform}-${process.arch}.`,
  );
}
