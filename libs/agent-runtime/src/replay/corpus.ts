import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RecordedHistory, readHistoryFiles, writeHistoryFile } from './history-files.ts';

/** A build whose histories are kept, as `build.json` beside them says. */
export interface RecordedBuild {
  /** Of this library. */
  readonly version: string;
  /** SHA-256 of the bundle that recorded, as its worker stamped it on every workflow task, hex. */
  readonly buildId: string;
  /** RFC 3339. */
  readonly recordedAt: string;
}

/** Thrown when histories of a build are there already: what a build left is never written again. */
export class BuildRecordedError extends Error {
  readonly code = 'BUILD_RECORDED';
}

/** The folder of a build in a corpus: `<version>-<first 12 digits of the build id>`. */
export function folderOf({ version, buildId }: Pick<RecordedBuild, 'version' | 'buildId'>): string {
  return `${version}-${buildId.slice(0, 12)}`;
}

/** The builds of a corpus, oldest first. */
export async function readBuilds(corpus: string): Promise<RecordedBuild[]> {
  const folders = (await readdir(corpus, { withFileTypes: true })).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const builds = await Promise.all(folders.map(async ({ name }) => JSON.parse(await readFile(join(corpus, name, 'build.json'), 'utf8')) as RecordedBuild));
  return builds.sort((a, b) => a.recordedAt.localeCompare(b.recordedAt));
}

/** Every history of a corpus, oldest build first, as `<folder of the build>/<name>`. */
export async function readHistories(corpus: string): Promise<RecordedHistory[]> {
  const builds = await readBuilds(corpus);
  return (await Promise.all(builds.map((build) => readBuild(corpus, build)))).flat();
}

/** The histories of one build, named as {@link readHistories} names them. */
export async function readBuild(corpus: string, build: RecordedBuild): Promise<RecordedHistory[]> {
  const folder = folderOf(build);
  return (await readHistoryFiles(join(corpus, folder))).map((recorded) => ({ ...recorded, name: `${folder}/${recorded.name}` }));
}

/** Adds the histories of a build, all or none; whatever is there stays as it is. @throws BuildRecordedError */
export async function addBuild(corpus: string, build: RecordedBuild, histories: readonly RecordedHistory[]): Promise<void> {
  const folder = join(corpus, folderOf(build));
  if (existsSync(folder)) throw new BuildRecordedError(`${folder} holds the histories of this very build already`);
  const unfinished = join(corpus, `.${folderOf(build)}`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, 'build.json'), `${JSON.stringify(build)}\n`);
  for (const history of histories) await writeHistoryFile(unfinished, history);
  await rename(unfinished, folder);
}
