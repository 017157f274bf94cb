import { chownSync, mkdirSync, statSync } from 'node:fs';
import { runCommand } from '../kit/run-command.ts';
import { findOnPath } from './on-path.ts';

/** How to run a program that refuses to run as root. */
export interface UnprivilegedUser {
  /** Words before the command; empty when we are no root. */
  readonly prefix: readonly string[];
  /** Gives a folder to that user; does nothing when we are no root. */
  own(folder: string): void;
}

/** `nobody` on every Linux. */
const NOBODY = 65_534;

/**
 * PostgreSQL refuses uid 0. As root it runs as the user behind sudo, else as nobody, through setpriv. The capability
 * dac_override stays on, because data folder and binaries may lie below a folder only root can enter (/root).
 * A data folder that exists decides: PostgreSQL serves only its owner.
 */
export async function unprivilegedUser(
  env: Readonly<Record<string, string | undefined>>,
  dataFolder: string,
  signal: AbortSignal,
): Promise<UnprivilegedUser> {
  if (process.getuid?.() !== 0) return { prefix: [], own: (folder) => void mkdirSync(folder, { recursive: true }) };
  const owner = ownerOf(dataFolder);
  const uid = owner?.uid ?? parseId(env['SUDO_UID']) ?? NOBODY;
  const gid = owner?.gid ?? parseId(env['SUDO_GID']) ?? NOBODY;
  const setpriv = findOnPath('setpriv', `${env['PATH'] ?? ''}:/usr/bin:/bin`);
  if (setpriv === undefined) {
    throw new Error('PostgreSQL does not run as root, and setpriv (package util-linux) is missing: run as another user or install util-linux.');
  }
  const base = [setpriv, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  // no_setuid_fixup: access(2), by which initdb looks for its neighbour `postgres`, else ignores the capability
  const withAccess = [...base, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  const works = await runCommand(setpriv, [...withAccess.slice(1), 'true'], { signal, timeoutMs: 5_000 }).then(
    () => true,
    () => false,
  );
  return {
    // A container may lack the capability; then the folders must be reachable for that user, which initdb will tell.
    prefix: works ? withAccess : base,
    own: (folder) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chownSync(folder, uid, gid);
    },
  };
}

function parseId(text: string | undefined): number | undefined {
  const id = Number(text);
  return text !== undefined && Number.isInteger(id) && id > 0 ? id : undefined;
}

function ownerOf(folder: string): { uid: number; gid: number } | undefined {
  try {
    const { uid, gid } = statSync(folder);
    return uid === 0 ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
}
