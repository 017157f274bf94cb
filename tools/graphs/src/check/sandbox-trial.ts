import type { SourceMapPayload } from 'node:module';
import { Script } from 'node:vm';
import { z } from 'zod';
import type { Finding } from '../findings.ts';
import type { BundledGraphs } from './bundle-graphs.ts';
import type { GraphConfig } from './graph-config.ts';
import { sandboxContext } from './sandbox-globals.ts';
import type { Tried } from './sandbox/try-graphs.ts';
import { StackPlaces, TRIAL, lineOfExport } from './stack-places.ts';
import { bundleTrial } from './trial-bundle.ts';

// MAINTENANCE: GraphDescription of libs/agent-runtime; what is missing here is lost on the way to the worker.
const descriptionSchema = z.object({
  graphId: z.string(),
  description: z.string(),
  structure: z.record(z.string(), z.unknown()),
  schemas: z.record(z.string(), z.unknown()),
  loads: z.object({ version: z.string(), migrations: z.array(z.object({ from: z.string(), to: z.string() })) }).exactOptional(),
  compensate: z.string().exactOptional(),
});
/** A graph as a worker announces it. */
export type TriedDescription = z.infer<typeof descriptionSchema>;
/** Parsed, because it has been through code that is not ours. */
const descriptionsSchema = z.array(descriptionSchema);

/**
 * Builds the graphs in a sandbox like the worker's, without a run. What fails comes back as findings.
 * @param timeoutMs longest that the modules of a folder may take to load and its graphs to be built
 */
export async function tryInSandbox(config: GraphConfig, bundle: BundledGraphs, timeoutMs: number): Promise<{ findings: Finding[]; graphs: TriedDescription[] }> {
  const { code, map } = await bundleTrial(config.folder, bundle);
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

function withoutGraph(problem: string): string {
  return problem.replace(/^graph \S+ cannot run in a workflow: /, '');
}

