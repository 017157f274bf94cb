import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildWorkflowBundle } from '@holdfast/agent-runtime/worker';
import type { CheckedGraphs } from '../check/check-graphs.ts';
import { BUILD_FOLDER, hashOfWorkspace, resolveHere } from '../workspace.ts';

/** Bundles kept beside the one in use: earlier versions that somebody may go back to. */
const KEPT = 5;

/**
 * The workflow bundle with Holdfast's own graphs and those of a folder, built unless the cache has it: its name is a hash of everything
 * that goes in.
 * @param graphs default: Holdfast's own only
 * @param cache folder of bundles, each in a folder of its own with `workflows.cjs` and, for outside graphs, `graphs.json`
 * @returns the path of `workflows.cjs`
 */
export async function buildWorkflows(graphs: CheckedGraphs | undefined, cache: string): Promise<string> {
  const described = JSON.stringify(graphs?.graphs ?? []);
  const key = createHash('sha256').update(hashOfWorkspace()).update('\0').update(graphs?.bundle.code ?? '').update('\0').update(described).digest('hex').slice(0, 16);
  const folder = join(cache, key);
  const file = join(folder, 'workflows.cjs');
  if (existsSync(file)) {
    const now = new Date();
    utimesSync(folder, now, now);
    return file;
  }
  const { code } = await bundleWith(graphs, key);
  const own = `${folder}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'workflows.cjs'), code);
  if (graphs !== undefined) writeFileSync(join(own, 'graphs.json'), described);
  // two may build at once: nobody must read half a bundle
  if (!existsSync(folder)) renameSync(own, folder);
  else rmSync(own, { recursive: true });
  removeOld(cache, key);
  return file;
}

async function bundleWith(graphs: CheckedGraphs | undefined, key: string): Promise<{ code: string }> {
  const workflowsPath = resolveHere('@holdfast/agent-runtime/workflow');
  const ours = resolveHere('@holdfast/graph-definitions/register');
  if (graphs === undefined) return buildWorkflowBundle({ workflowsPath, graphModules: [ours] });
  // the names stand in the bundle: of the content, so that the same graphs give the same build id
  const [theirs, register] = [join(BUILD_FOLDER, `graphs-${key}.js`), join(BUILD_FOLDER, `graphs-${key}.register.js`)];
  mkdirSync(BUILD_FOLDER, { recursive: true });
  try {
    writeFileSync(theirs, withMap(graphs));
    writeFileSync(register, registerModule(`./graphs-${key}.js`));
    return await buildWorkflowBundle({ workflowsPath, graphModules: [ours, register] });
  } finally {
    for (const file of [theirs, register]) rmSync(file, { force: true });
  }
}

function registerModule(graphs: string): string {
  return [
    `import { adoptGraph, registerGraphs } from '@holdfast/agent-runtime/graph';`,
    `import { exported } from '${graphs}';`,
    'registerGraphs(exported().map(({ graphId, value, about }) => adoptGraph(graphId, value, about)));',
  ].join('\n');
}

/** Stack traces of the worker name the author's files. */
function withMap({ config, bundle }: CheckedGraphs): string {
  const map = JSON.parse(bundle.map) as { sources: string[] };
  map.sources = map.sources.map((source) => resolve(config.folder, source));
  return `${bundle.code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}\n`;
}

function removeOld(cache: string, key: string): void {
  const others = readdirSync(cache, { withFileTypes: true }).filter((entry) => entry.isDirectory() && /^[0-9a-f]{16}$/.test(entry.name) && entry.name !== key);
  const byAge = others.map(({ name }) => join(cache, name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const folder of byAge.slice(KEPT)) rmSync(folder, { recursive: true, force: true });
}
