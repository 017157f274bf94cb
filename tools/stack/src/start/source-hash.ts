import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Folders whose content decides about a build. */
const SOURCE_FOLDERS = ['apps', 'libs'];
/** Single files that do, too. */
const SOURCE_FILES = ['package-lock.json', 'package.json', 'tsconfig.base.json', '.swcrc', 'nx.json', 'tools/app-bundle/build-app.mjs', 'tools/app-bundle/options.mjs'];
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', 'generated', 'test', '__histories__', '.nx', 'scenarios']);
const SKIPPED_FILES = /(\.spec\.ts|\.int-spec\.ts|\.md|\.log|\.bench\.ts)$/;

/** A hash over everything the app bundles are made of: the content, not the time, so that a checkout or a touch changes nothing. */
export function hashSources(checkout: string): string {
  const hash = createHash('sha256');
  const files = [...SOURCE_FILES.map((file) => join(checkout, file)), ...SOURCE_FOLDERS.flatMap((folder) => filesIn(join(checkout, folder)))];
  for (const file of files.sort()) {
    const content = read(file);
    if (content === undefined) continue;
    hash.update(relative(checkout, file)).update('\0').update(String(content.length)).update('\0').update(content);
  }
  hash.update(process.version);
  return hash.digest('hex');
}

function filesIn(folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : filesIn(path);
    return entry.isFile() && !SKIPPED_FILES.test(entry.name) ? [path] : [];
  });
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
