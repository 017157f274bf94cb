import { GRAPHS } from '@holdfast/graph-definitions';
import type { GraphRegistration } from '@holdfast/persistence';
import { describeGraphs, registerGraphs } from './graph-registration';

const silent = { debug: (): void => undefined, info: (): void => undefined, warn: (): void => undefined, error: (): void => undefined };

describe('registration of graphs', () => {
  it('tells id, picture and schemas of every graph, after the database has come', async () => {
    let failures = 1;
    let registered: readonly GraphRegistration[] = [];
    const registry = {
      register: async (graphs: readonly GraphRegistration[]): Promise<void> => {
        if (failures-- > 0) throw new Error('away');
        registered = graphs;
      },
    };
    const outside = { graphId: 'mine', description: 'From a folder.', structure: { nodes: [], edges: [] }, schemas: { input_schema: {} } };
    await registerGraphs(await describeGraphs(GRAPHS, [outside], 'build-1'), registry, silent, new AbortController().signal);
    expect(registered.map((graph) => graph.graphId)).toEqual([...GRAPHS.map((graph) => graph.graphId), 'mine']);
    expect(registered.at(-1)).toEqual({ ...outside, buildId: 'build-1' });
    const sample = registered.find((graph) => graph.graphId === 'plan-execute-review');
    expect(sample).toMatchObject({ buildId: 'build-1', description: expect.any(String) });
    const { nodes, edges } = sample?.structure as { nodes: { id: string }[]; edges: { source: string; target: string; conditional?: boolean }[] };
    expect(nodes.map((node) => node.id)).toEqual(expect.arrayContaining(['__start__', 'plan', 'execute', 'tools', 'review', '__end__']));
    expect(edges).toContainEqual(expect.objectContaining({ source: 'review', target: 'execute', conditional: true }));
    expect(Object.keys(sample?.schemas ?? {}).sort()).toEqual(['config_schema', 'context_schema', 'input_schema', 'output_schema', 'state_schema']);
    expect(() => JSON.stringify(registered)).not.toThrow();
  });

  it('gives up when the worker goes away', async () => {
    const controller = new AbortController();
    const registry = { register: async (): Promise<void> => (controller.abort(), Promise.reject(new Error('away'))) };
    await registerGraphs(await describeGraphs(GRAPHS, [], 'b'), registry, silent, controller.signal);
    expect(controller.signal.aborted).toBe(true);
  });
});
