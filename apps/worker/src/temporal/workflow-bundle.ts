import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GraphDescription } from '@holdfast/agent-runtime/graph';
import { buildIdOf } from '@holdfast/agent-runtime/worker';
import type { LogSink } from '@holdfast/nest-kit';
import { buildInCheckout } from '../graphs/bundle-builder';
import { readOutsideGraphs } from '../graphs/outside-graphs';

/** The workflow code that the worker runs. */
export interface WorkflowBundle {
  /** File of the bundle. */
  readonly codePath: string;
  /** SHA-256 of the code without its source map, hex: names this build of the graphs. */
  readonly buildId: string;
  /** Graphs in it that are not Holdfast's own. */
  readonly outsideGraphs: readonly GraphDescription[];
}

/** What the configuration says of the bundle. */
export interface BundleSettings {
  readonly HOLDFAST_WORKFLOW_BUNDLE?: string | undefined;
  readonly HOLDFAST_GRAPHS?: string | undefined;
  readonly HOLDFAST_HOME?: string | undefined;
}

/** Folder of the running module: `dist` of the built app, else `src/temporal`. */
const HERE = import.meta.dirname;

const SOURCE_FOLDER = join('src', 'temporal');

/**
 * Finds the bundle: the given file, `workflows.cjs` beside the built app, or, with a folder of graphs and when the app runs from source, a
 * bundle that the checkout's tool builds now and keeps until something in it changes.
 * @throws Error when a given file is not there or the bundle cannot be built; of graphs that are refused the message holds every reason
 */
export async function findWorkflowBundle(settings: BundleSettings, log: LogSink): Promise<WorkflowBundle> {
  const { HOLDFAST_WORKFLOW_BUNDLE: given, HOLDFAST_GRAPHS: graphs, HOLDFAST_HOME: home } = settings;
  const isFromSource = HERE.endsWith(SOURCE_FOLDER);
  const checkout = join(HERE, isFromSource ? '../../../..' : '../../..');
  const beside = join(HERE, 'workflows.cjs');
  if (given === undefined && graphs === undefined && !isFromSource && !existsSync(beside)) throw new Error(`${beside} is missing: build the worker again`);
  const isBeside = graphs === undefined && existsSync(beside);
  const codePath = given ?? (isBeside ? beside : await buildInCheckout({ checkout, graphs, home }, log));
  return {
    codePath,
    buildId: buildIdOf(await readFile(codePath, 'utf8')),
    outsideGraphs: await readOutsideGraphs(join(dirname(codePath), 'graphs.json')),
  };
}
