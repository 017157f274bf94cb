import { readFileSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

/** The checkout that this tool belongs to. */
export const WORKSPACE = join(import.meta.dirname, '../../..');

/** Where bundles are made: bare imports of files in it find the workspace's packages. */
export const BUILD_FOLDER = join(WORKSPACE, 'node_modules/.cache/holdfast');

/** The file that a module name means in the workspace. */
export const resolveHere: (specifier: string) => string = createRequire(import.meta.url).resolve;

const SOURCES = ['libs/agent-runtime/src', 'libs/graph-definitions/src', 'libs/contracts/src', 'package-lock.json'];

/** A hash of everything of ours that goes into a workflow bundle, and of the code that bundles it. */
export function hashOfWorkspace(): string {
  const hash = createHash('sha256');
  for (const file of [...SOURCES, relative(WORKSPACE, import.meta.dirname)].flatMap((path) => filesIn(join(WORKSPACE, path))).sort()) {
    hash.update(relative(WORKSPACE, file)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

function filesIn(path: string): string[] {
  if (/\.(ts|cjs|json)$/.test(path)) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts')).map((entry) => join(entry.parentPath, entry.name));
}
