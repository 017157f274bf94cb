import { assertRunnable } from '@holdfast/agent-runtime/graph';
import { GRAPHS } from './catalogue';

describe('the catalogue', () => {
  it('has every graph once', () => {
    expect(new Set(GRAPHS.map((graph) => graph.graphId)).size).toBe(GRAPHS.length);
  });

  it.each(GRAPHS.map((graph) => [graph.graphId, graph] as const))('%s compiles, can run in a workflow and can be drawn', async (graphId, definition) => {
    const graph = definition.build();
    assertRunnable(graphId, graph);
    const { nodes, edges } = (await graph.getGraphAsync({})).toJSON() as { nodes: { id: string }[]; edges: unknown[] };
    expect(nodes.map((node) => node.id)).toEqual(expect.arrayContaining(['__start__', '__end__']));
    expect(edges.length).toBeGreaterThan(2);
    expect(definition.schemas.input).toMatchObject({ type: 'object' });
  });

  it('draws the loop of plan-execute-review', async () => {
    const graph = GRAPHS.find((definition) => definition.graphId === 'plan-execute-review')!.build();
    const { edges } = (await graph.getGraphAsync({})).toJSON() as { edges: { source: string; target: string }[] };
    expect(edges.map(({ source, target }) => `${source}>${target}`).sort()).toEqual([
      '__start__>plan',
      'execute>review',
      'execute>tools',
      'plan>execute',
      'review>__end__',
      'review>execute',
      'tools>execute',
    ]);
  });
});
