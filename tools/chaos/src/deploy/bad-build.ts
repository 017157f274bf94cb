import { readFile, writeFile } from 'node:fs/promises';

const ACTIVITY_TYPE = 'return `${graphId}.${node}.${kind}`';

/**
 * Makes a build that does not follow its own histories: the activity type of a call depends on how many calls the process has made. It
 * works until a workflow is replayed, which is what makes such a defect slip through tests.
 * @throws Error when the bundle no longer holds what is changed
 */
export async function writeBadBuild(goodBundle: string, badBundle: string): Promise<void> {
  const code = await readFile(goodBundle, 'utf8');
  const bad = code.replace(ACTIVITY_TYPE, 'return `${graphId}.${node}-${(globalCalls.count += 1)}.${kind}`');
  if (bad === code) throw new Error('the bundle makes its activity types in another way; review bad-build.ts');
  await writeFile(badBundle, `const globalCalls = { count: 0 };\n${bad}`);
}
