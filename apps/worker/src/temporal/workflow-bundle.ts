import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildIdOf, buildWorkflowBundle } from '@holdfast/agent-runtime/worker';
import type { LogSink } from '@holdfast/nest-kit';

/** The workflow code that the worker runs. */
export interface WorkflowBundle {
  /** File of the bundle. */
  readonly codePath: string;
  /** SHA-256 of the code without its source map, hex: names this build of the graphs. */
  readonly buildId: string;
}

/** Folder of the running module: `dist` of the built app, else `src/temporal`. */
const HERE = import.meta.dirname;

const SOURCE_FOLDER = join('src', 'temporal');
const { resolve } = createRequire(import.meta.url);

/**
 * Finds the bundle: the given file, `workflows.cjs` beside the built app, or, when the app runs from source, a bundle built now and
 * kept until its sources change.
 * @throws Error when a given file is not there or the bundle cannot be built
 */
export async function findWorkflowBundle(given: string | undefined, log: LogSink): Promise<WorkflowBundle> {
  const beside = join(HERE, 'workflows.cjs');
  const codePath = given ?? (existsSync(beside) ? beside : await bundleFromSource(log));
  return { codePath, buildId: buildIdOf(await readFile(codePath, 'utf8')) };
}

/** The file that every workflow thread loads first: beside the built app, else that of the library. */
export function tuneFile(): string {
  const beside = join(HERE, 'tune.cjs');
  return existsSync(beside) ? beside : resolve('@holdfast/agent-runtime/tune');
}

async function bundleFromSource(log: LogSink): Promise<string> {
  if (!HERE.endsWith(SOURCE_FOLDER)) throw new Error(`${join(HERE, 'workflows.cjs')} is missing: build the worker again`);
  const workspace = join(HERE, '../../../..');
  const key = await hashOfSources(workspace, ['libs/agent-runtime/src', 'libs/graph-definitions/src', 'libs/contracts/src']);
  const file = join(workspace, 'node_modules/.cache/holdfast', `workflows-${key}.cjs`);
  if (existsSync(file)) return file;
  log.info({ file }, 'building the workflow bundle from source; this takes some seconds');
  const { code } = await buildWorkflowBundle({
    workflowsPath: resolve('@holdfast/agent-runtime/workflow'),
    graphModules: [resolve('@holdfast/graph-definitions/register')],
  });
  await mkdir(dirname(file), { recursive: true });
  // Two workers may build at once: nobody must read half a file.
  await writeFile(`${file}.${process.pid}`, code);
  await rename(`${file}.${process.pid}`, file);
  return file;
}

async function hashOfSources(workspace: string, folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(workspace, 'package-lock.json')));
  for (const folder of folders) {
    const names = await readdir(join(workspace, folder), { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}
