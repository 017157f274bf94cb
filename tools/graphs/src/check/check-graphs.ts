import { type Finding, throwRefusals } from '../findings.ts';
import { type BundledGraphs, bundleGraphs } from './bundle-graphs.ts';
import { type GraphConfig, readGraphConfig } from './graph-config.ts';
import { findRefusedImports } from './import-chains.ts';
import { type TriedDescription, tryInSandbox } from './sandbox-trial.ts';
import { scanPackages, scanSources } from './scan-sources.ts';

/** A folder of graphs that can run. */
export interface CheckedGraphs {
  readonly config: GraphConfig;
  readonly bundle: BundledGraphs;
  /** Every graph of langgraph.json, as the worker announces it. */
  readonly graphs: readonly TriedDescription[];
  /** What is suspicious. */
  readonly findings: readonly Finding[];
}

/** Modules and factories of graphs only put things together. */
const LOAD_TIMEOUT_MS = 10_000;

/**
 * Checks the graphs of a folder for everything that can be known before they run: names, files, imports, code, and whether they can be
 * built in a sandbox like the worker's. Later checks need what earlier ones made sure.
 * @param folder absolute path
 * @param loadTimeoutMs longest that loading the modules and building the graphs may take
 * @throws GraphsRefusedError with every reason that one round of checks finds
 */
export async function checkGraphs(folder: string, loadTimeoutMs: number = LOAD_TIMEOUT_MS): Promise<CheckedGraphs> {
  const config = readGraphConfig(folder);
  throwRefusals(config.findings);
  const bundle = await bundleGraphs(config);
  if (!('code' in bundle)) {
    throwRefusals([...config.findings, ...bundle]);
    throw new Error(`esbuild failed without an error in ${folder}`);
  }
  const seen = [...config.findings, ...findRefusedImports(folder, bundle), ...scanSources(bundle.files), ...scanPackages(folder, bundle)];
  throwRefusals(seen);
  const { findings, graphs } = await tryInSandbox(config, bundle, loadTimeoutMs);
  throwRefusals([...seen, ...findings]);
  return { config, bundle, graphs, findings: seen };
}
