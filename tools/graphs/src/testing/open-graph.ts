import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plugin, build } from 'esbuild';
import { BUNDLE_NAME, bundleGraphs, inMemory } from '../check/bundle-graphs.ts';
import { readGraphConfig } from '../check/graph-config.ts';
import { throwRefusals } from '../findings.ts';
import { BUILD_FOLDER, WORKSPACE } from '../workspace.ts';
import { type Script, scriptedPort } from './scripted-port.ts';

/** The state of a graph after it has stopped; messages are LangChain's. */
export interface GraphState {
  readonly [channel: string]: unknown;
  readonly messages?: readonly { readonly text: string; getType(): string }[];
  /** What `interrupt()` asks, when the graph waits for a person. */
  readonly __interrupt__?: readonly { readonly value?: unknown }[];
}

/** A graph in a test: plain Node, a script in place of models and tools, one thread kept in memory. */
export interface GraphUnderTest {
  invoke(input: object): Promise<GraphState>;
  /** Answers the `interrupt()` at which the graph waits. */
  resume(answer: unknown): Promise<GraphState>;
}

interface Loaded {
  exported(): readonly { readonly graphId: string; readonly value: unknown; readonly about: unknown }[];
  readonly CALL_PORT_KEY: string;
  adoptGraph(graphId: string, value: unknown, about: unknown): { build(): { checkpointer: unknown; invoke(input: unknown, config: object): Promise<GraphState> } };
  readonly MemorySaver: new () => unknown;
  readonly Command: new (fields: { resume: unknown }) => unknown;
}

/**
 * Opens a graph of a folder with a langgraph.json for a test, without servers.
 * @param folder absolute path
 * @throws GraphsRefusedError when the folder cannot be read or bundled; `npm run check:graphs` looks for more
 */
export async function openGraph(folder: string, graphId: string, script: Script): Promise<GraphUnderTest> {
  const { exported, adoptGraph, CALL_PORT_KEY, MemorySaver, Command } = await load(folder);
  const entry = exported().find((each) => each.graphId === graphId);
  if (entry === undefined) throw new Error(`langgraph.json of ${folder} names no graph ${graphId}`);
  const graph = adoptGraph(graphId, entry.value, entry.about).build();
  // interrupts need one; a graph that runs in Holdfast gets the runtime's
  graph.checkpointer = new MemorySaver();
  const config = { configurable: { thread_id: 'test', [CALL_PORT_KEY]: scriptedPort(script) } };
  return {
    invoke: (input) => graph.invoke(input, config),
    resume: (answer) => graph.invoke(new Command({ resume: answer }), config),
  };
}

async function load(folder: string): Promise<Loaded> {
  const bundle = await bundleGraphs(readGraphConfig(folder));
  if (!('code' in bundle)) {
    throwRefusals(bundle);
    throw new Error(`esbuild failed without an error in ${folder}`);
  }
  const contents = `
    export { Command, MemorySaver } from '@langchain/langgraph';
    export { CALL_PORT_KEY, adoptGraph } from '@holdfast/agent-runtime/graph';
    export { exported } from ${JSON.stringify(join(folder, BUNDLE_NAME))};`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: WORKSPACE, loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'inline',
    logLevel: 'silent',
    tsconfigRaw: {},
    plugins: [packagesOutside, inMemory(folder, bundle)],
  });
  const code = outputFiles[0]?.text ?? '';
  mkdirSync(BUILD_FOLDER, { recursive: true });
  const file = join(BUILD_FOLDER, `test-${createHash('sha256').update(code).digest('hex').slice(0, 16)}-${process.pid}.mjs`);
  writeFileSync(file, code);
  try {
    return (await import(pathToFileURL(file).href)) as Loaded;
  } finally {
    rmSync(file, { force: true });
  }
}

/** The workspace's packages are imported as they are; our sources have no form that Node can load. */
const packagesOutside: Plugin = {
  name: 'packages-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => (kind === 'entry-point' || path.startsWith('@holdfast/') ? undefined : { path, external: true }));
  },
};
