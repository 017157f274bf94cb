import { join, relative, resolve } from 'node:path';
import { type BuildFailure, type Message, type Metafile, type Plugin, build } from 'esbuild';
import type { Finding } from '../findings.ts';
import { WORKSPACE } from '../workspace.ts';
import type { GraphConfig } from './graph-config.ts';
import { graphImports } from './graph-imports.ts';

/** The code of a folder's graphs, without LangGraph and our helpers, which it imports. */
export interface BundledGraphs {
  /**
   * An ES module that exports `exported`: a function that gives what langgraph.json names, see sandbox/try-graphs.ts. A function, because
   * the SDK deep-freezes what preloaded modules export, and LangGraph's and zod's objects must stay writable.
   */
  readonly code: string;
  /** Source map of the code; its sources are relative to the folder. */
  readonly map: string;
  readonly metafile: Metafile;
  /** The folder's own modules in the bundle, absolute. */
  readonly files: readonly string[];
}

/** Name of the bundle; no such file is written. */
export const BUNDLE_NAME = 'holdfast-graphs.js';

/** Bundles a folder's graphs; syntax errors and imports that lead nowhere come back as findings. */
export async function bundleGraphs({ folder, file, sources }: GraphConfig): Promise<BundledGraphs | readonly Finding[]> {
  const imports = sources.map((source, i) => `import * as m${i} from ${JSON.stringify(relativeTo(folder, source.file))};`);
  const entries = sources.map(
    ({ graphId, exportName, version, description }, i) =>
      `  { graphId: ${JSON.stringify(graphId)}, value: m${i}[${JSON.stringify(exportName)}], about: ${JSON.stringify({ version, description })} },`,
  );
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir: folder,
      stdin: { contents: [...imports, 'const graphs = [', ...entries, '];', 'export const exported = () => graphs;'].join('\n'), resolveDir: folder, sourcefile: 'langgraph.json', loader: 'js' },
      outfile: join(folder, BUNDLE_NAME),
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      // what the SDK's bundler resolves by: browser fields and conditions
      platform: 'browser',
      target: 'es2022',
      keepNames: true,
      charset: 'utf8',
      legalComments: 'none',
      sourcemap: 'external',
      logLevel: 'silent',
      plugins: [graphImports],
    });
    const [map, code] = [outputFiles.find(({ path }) => path.endsWith('.map')), outputFiles.find(({ path }) => path.endsWith('.js'))];
    const own = Object.keys(metafile.inputs).filter((input) => isOwn(input));
    return { code: code?.text ?? '', map: map?.text ?? '', metafile, files: own.map((input) => resolve(folder, input)) };
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>;
    if (errors === undefined) throw error;
    return errors.map((message) => findingOf(message, folder, file));
  }
}

/** Lets another bundle import the code of {@link bundleGraphs} as the file {@link BUNDLE_NAME} of the folder. */
export function inMemory(folder: string, { code, map }: BundledGraphs): Plugin {
  const path = join(folder, BUNDLE_NAME);
  const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
  return {
    name: 'in-memory',
    setup(other) {
      other.onResolve({ filter: /holdfast-graphs\.js$/ }, (args) => (args.path === path ? { path } : undefined));
      other.onLoad({ filter: /holdfast-graphs\.js$/ }, (args) =>
        args.path === path ? { contents: `${code}\n//# sourceMappingURL=${url}`, resolveDir: WORKSPACE } : undefined,
      );
    },
  };
}

/** True for a module of the folder itself: neither a package nor made by the bundler. */
export function isOwn(input: string): boolean {
  return input !== 'langgraph.json' && !/^[a-z-]+:/.test(input) && !/(^|[\\/])node_modules[\\/]/.test(input);
}

function findingOf({ text, location }: Message, folder: string, configFile: string): Finding {
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1];
  const hint = missing === undefined || /^[./]/.test(missing) ? '' : '; install it in the folder with npm';
  return { file: location === null ? configFile : resolve(folder, location.file), line: location?.line ?? 1, severity: 'refused', reason: `${text}${hint}` };
}

function relativeTo(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}
