import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { LANGSMITH_ALIASES, POLYFILLS } from '@holdfast/agent-runtime/worker';
import { type Plugin, build } from 'esbuild';
import { z } from 'zod';
import type { Finding } from '../findings.ts';
import { WORKSPACE } from '../workspace.ts';
import { BUNDLE_NAME, type BundledGraphs, inMemory } from './bundle-graphs.ts';
import type { GraphConfig } from './graph-config.ts';
import { sandboxContext } from './sandbox-globals.ts';
import type { Tried } from './sandbox/try-graphs.ts';

const descriptionSchema = z.object({
  graphId: z.string(),
  description: z.string(),
  structure: z.record(z.string(), z.unknown()),
  schemas: z.record(z.string(), z.unknown()),
});
/** A graph as a worker announces it. */
export type TriedDescription = z.infer<typeof descriptionSchema>;
/** See {@link TriedDescription}; what the trial hands out is parsed, because it has been through code that is not ours. */
export const descriptionsSchema = z.array(descriptionSchema);

/**
 * Builds the graphs in a sandbox like the worker's, without a run. What fails comes back as findings.
 * @param timeoutMs longest that the modules of a folder may take to load and its graphs to be built
 */
export async function tryInSandbox(config: GraphConfig, bundle: BundledGraphs, timeoutMs: number): Promise<{ findings: Finding[]; graphs: TriedDescription[] }> {
  const { code, map } = await bundleTrial(config, bundle);
  const context = sandboxContext();
  const places = new StackPlaces(config.folder, bundle.files, JSON.parse(map) as SourceMapPayload);
  let tried: readonly Tried[];
  try {
    tried = new Script(code, { filename: TRIAL }).runInContext(context, { timeout: timeoutMs }) as readonly Tried[];
  } catch (error) {
    const { message = String(error), stack = '' } = error as Partial<Error>;
    const place = places.firstOwn(stack) ?? { file: config.file, line: 1 };
    return { findings: [{ ...place, severity: 'refused', reason: `the modules cannot be loaded in a workflow: ${message}` }], graphs: [] };
  }
  const findings = tried.flatMap((each): Finding[] => {
    if (!('problem' in each)) return [];
    const source = config.sources.find(({ graphId }) => graphId === each.graphId);
    const place = places.firstOwn(each.stack) ?? { file: source?.file ?? config.file, line: source === undefined ? 1 : lineOfExport(source.file, source.exportName) };
    return [{ ...place, severity: 'refused', reason: `graph ${each.graphId} (export ${source?.exportName ?? '?'}): ${withoutGraph(each.problem)}` }];
  });
  if (findings.length > 0) return { findings, graphs: [] };
  const described: unknown = await new Script('__beginRun(), __describe()').runInContext(context, { timeout: timeoutMs });
  return { findings, graphs: descriptionsSchema.parse(JSON.parse(String(described))) };
}

const TRIAL = 'holdfast-trial.js';

async function bundleTrial({ folder }: GraphConfig, bundle: BundledGraphs): Promise<{ code: string; map: string }> {
  const contents = `
    import ${JSON.stringify(POLYFILLS)};
    import { describeTried, tryGraphs } from ${JSON.stringify(join(import.meta.dirname, 'sandbox/try-graphs.ts'))};
    import { GRAPHS } from '@holdfast/graph-definitions';
    import { exported } from ${JSON.stringify(join(folder, BUNDLE_NAME))};
    const tried = tryGraphs(exported(), GRAPHS.map(({ graphId }) => graphId));
    globalThis.__describe = () => describeTried(tried);
    globalThis.__tried = tried;`;
  const { outputFiles } = await build({
    absWorkingDir: folder,
    stdin: { contents, resolveDir: WORKSPACE, sourcefile: 'trial', loader: 'js' },
    outfile: join(folder, TRIAL),
    bundle: true,
    write: false,
    format: 'iife',
    footer: { js: '__tried' },
    platform: 'browser',
    target: 'es2022',
    keepNames: true,
    sourcemap: 'external',
    logLevel: 'silent',
    tsconfigRaw: {},
    plugins: [asInWorkflowBundle, inMemory(folder, bundle)],
  });
  const text = (extension: string): string => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? '';
  return { code: text('.js'), map: text('.map') };
}

/** MAINTENANCE: the aliases of libs/agent-runtime/src/worker/bundler.ts, in webpack's spelling. */
const asInWorkflowBundle: Plugin = {
  name: 'as-in-workflow-bundle',
  setup({ onResolve }) {
    onResolve({ filter: /^langsmith/ }, ({ path }) => {
      const alias = LANGSMITH_ALIASES[`${path}$`];
      return alias === undefined ? undefined : { path: alias };
    });
  },
};

/** Finds the author's code in stacks of the trial. */
class StackPlaces {
  readonly #folder: string;
  readonly #own: ReadonlySet<string>;
  readonly #map: SourceMap;

  constructor(folder: string, own: readonly string[], map: SourceMapPayload) {
    this.#folder = folder;
    this.#own = new Set(own);
    this.#map = new SourceMap(map);
  }

  /** The innermost place in a file of the author's; undefined when there is none. */
  firstOwn(stack: string): { file: string; line: number } | undefined {
    for (const [, line = '1', column = '1'] of stack.matchAll(/holdfast-trial\.js:(\d+):(\d+)/g)) {
      const entry = this.#map.findEntry(Number(line) - 1, Number(column) - 1);
      if (!('originalSource' in entry)) continue;
      const file = resolve(this.#folder, entry.originalSource);
      if (this.#own.has(file)) return { file, line: entry.originalLine + 1 };
    }
    return undefined;
  }
}

/** Where a module exports a name; its first line when that cannot be seen. */
function lineOfExport(file: string, name: string): number {
  const escaped = name.replaceAll('$', '\\$');
  const forms = name === 'default' ? 'export\\s+default|module\\.exports' : `export\\s[^;=]*\\b${escaped}\\b|exports\\.${escaped}\\b`;
  const text = readFileSync(file, 'utf8');
  const at = text.search(new RegExp(forms));
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}

function withoutGraph(problem: string): string {
  return problem.replace(/^graph \S+ cannot run in a workflow: /, '');
}

