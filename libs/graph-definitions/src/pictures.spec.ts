import { readdirSync, readFileSync } from 'node:fs';
import type { RunnableGraph } from '@holdfast/agent-runtime/graph';
import { GRAPHS } from './catalogue';
import { buildEditing } from './sub-graphs/editing.graph';

const FOLDER = new URL('../../../docs/patterns/', import.meta.url);

function page(name: string): string {
  return readFileSync(new URL(`${name}.md`, FOLDER), 'utf8');
}

/** Graphs that are there for something else than to be taken as a beginning: measuring, or somebody's own. */
const NO_PATTERNS = ['three-calls'];
const PATTERNS = GRAPHS.filter(({ graphId }) => !NO_PATTERNS.includes(graphId));
const PAGES = readdirSync(FOLDER).map((file) => file.replace(/\.md$/, '')).filter((name) => name !== 'README');

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

  it('are one per pattern, all of them listed', () => {
    const ids = PATTERNS.map(({ graphId }) => graphId).sort();
    expect([...PAGES].sort()).toEqual(ids);
    const listed = [...page('README').matchAll(/^\| \[([a-z-]+)\]\(([a-z-]+)\.md\)/gm)].map(([, name, file]) => (name === file ? name : `${name}≠${file}`));
    expect(listed.sort()).toEqual(ids);
  });
});
