import { assertRunnable } from './assert-runnable';
import type { GraphDefinition, RunnableGraph } from './graph-definition';

/**
 * Compiled graphs of this V8 context, shared by all its runs. Reached through functions only: the SDK deep-freezes what preloaded
 * modules export, and LangGraph's objects must stay writable.
 */
const compiled = new Map<string, RunnableGraph>();

/**
 * Builds, checks and registers graphs; a graph module of the workflow bundle calls it at module scope, so that compiling happens once
 * per V8 context instead of once per run.
 * @throws TypeError when two graphs share an id or one cannot run in a workflow.
 */
export function registerGraphs(definitions: readonly GraphDefinition[]): void {
  for (const definition of definitions) {
    if (compiled.has(definition.graphId)) throw new TypeError(`graph ${definition.graphId} is registered twice`);
    const graph = definition.build();
    assertRunnable(definition.graphId, graph);
    compiled.set(definition.graphId, graph);
  }
}

/** The compiled graph; undefined when this build has none with the id. */
export function compiledGraph(graphId: string): RunnableGraph | undefined {
  return compiled.get(graphId);
}
