import { assertRunnable } from './assert-runnable';
import { guardNodes } from './guard-nodes';
import type { Lane } from '../api';
import type { GraphMigration } from './graph-migration';
import type { GraphDefinition, RunnableGraph } from './graph-definition';

/** What a run needs of a graph's definition. */
export interface RegisteredGraph {
  readonly graph: RunnableGraph;
  readonly lane: Lane;
  readonly version: string;
  readonly migrations: readonly GraphMigration[];
  readonly loadsAnyState: boolean;
  /** See {@link GraphDefinition.compensate}. */
  readonly compensate?: string;
}

/**
 * Compiled graphs of this V8 context, shared by all its runs. Reached through functions only: the SDK deep-freezes what preloaded
 * modules export, and LangGraph's objects must stay writable.
 */
const registered = new Map<string, RegisteredGraph>();

/**
 * Builds, checks and registers graphs; a graph module of the workflow bundle calls it at module scope, so that compiling happens once
 * per V8 context instead of once per run.
 * @throws TypeError when two graphs share an id or one cannot run in a workflow.
 */
export function registerGraphs(definitions: readonly GraphDefinition[]): void {
  for (const definition of definitions) {
    if (registered.has(definition.graphId)) throw new TypeError(`graph ${definition.graphId} is registered twice`);
    const graph = definition.build();
    assertRunnable(definition.graphId, graph, definition);
    guardNodes(graph);
    const { graphId, version, lane = 'local', migrations = [], loadsAnyState = false, compensate } = definition;
    registered.set(graphId, { graph, lane, version, migrations, loadsAnyState, ...(compensate === undefined ? {} : { compensate }) });
  }
}

/** The graph; undefined when this build has none with the id. */
export function registeredGraph(graphId: string): RegisteredGraph | undefined {
  return registered.get(graphId);
}
