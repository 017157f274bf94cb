import { readFileSync } from 'node:fs';
import type { RunnableGraph } from '@holdfast/agent-runtime/graph';
import { GRAPHS } from './catalogue';
import { buildEditing } from './sub-graphs/editing.graph';

function page(name: string): string {
  try {
    return readFileSync(new URL(`../../../docs/patterns/${name}.md`, import.meta.url), 'utf8');
  } catch (cause) {
    throw new Error(`${name} has no page docs/patterns/${name}.md with its picture; see README.md of this library`, { cause });
  }
}

const PATTERNS = GRAPHS.filter(({ graphId }) => graphId !== 'three-calls');

/** The arrows of a page's pictures, one list per picture. */
function drawn(text: string): string[][] {
  return [...text.matchAll(/^```mermaid\n([\s\S]*?)^```/gm)].map(([, picture = '']) =>
    [...picture.matchAll(/^\s*(\S+?)(?:\(\[\w+\]\))? (-->|-\.->) (\S+?)(?:\(\[\w+\]\))?$/gm)].map(([, from, arrow, to]) => `${from} ${arrow} ${to}`).sort(),
  );
}

async function arrowsOf(graph: RunnableGraph): Promise<string[]> {
  const { edges } = (await graph.getGraphAsync({})).toJSON() as { edges: { source: string; target: string; conditional?: boolean }[] };
  const named = (node: string): string => node.replace('__start__', 'START').replace('__end__', 'END');
  return edges.map(({ source, target, conditional }) => `${named(source)} ${conditional === true ? '-.->' : '-->'} ${named(target)}`).sort();
}

describe('the pages of the patterns', () => {
  it.each(PATTERNS.map(({ graphId, build }) => [graphId, build] as const))('draw %s as it is', async (graphId, build) => {
    expect(drawn(page(graphId))[0]).toEqual(await arrowsOf(build()));
    expect(page(graphId)).toContain(`'${graphId}'`);
  });

  it('draw the sub-graph that waits for a person, too', async () => {
    expect(drawn(page('sub-graphs'))[1]).toEqual(await arrowsOf(buildEditing()));
  });

  it('are listed, all of them', () => {
    const listed = [...page('README').matchAll(/^\| \[([a-z-]+)\]\(([a-z-]+)\.md\)/gm)].map(([, name, file]) => (name === file ? name : `${name}≠${file}`));
    expect(listed.sort()).toEqual(PATTERNS.map(({ graphId }) => graphId).sort());
  });
});
