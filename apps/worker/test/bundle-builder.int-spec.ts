import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildInCheckout } from '../src/graphs/bundle-builder';
import { silent } from './support';

describe('building a bundle in the checkout', () => {
  it('fails with file, line and reason when a graph is refused', async () => {
    const graphs = mkdtempSync(join(tmpdir(), 'holdfast-worker-graphs-'));
    try {
      writeFileSync(join(graphs, 'langgraph.json'), '{"graphs":{"agent":"./agent.ts:graph"}}');
      writeFileSync(join(graphs, 'agent.ts'), `// an agent\nexport const graph = () => fetch('http://somewhere');\n`);
      const checkout = fileURLToPath(new URL('../../..', import.meta.url));
      await expect(buildInCheckout({ checkout, graphs, home: graphs }, silent)).rejects.toThrow(/cannot be built:\n.*agent\.ts:2: refused: fetch: /);
    } finally {
      rmSync(graphs, { recursive: true, force: true });
    }
  }, 60_000);
});
