import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildInCheckout } from './bundle-builder';
import { readOutsideGraphs } from './outside-graphs';

const silent = { debug: (): void => undefined, info: (): void => undefined, warn: (): void => undefined, error: (): void => undefined };

describe('graphs of a bundle', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'holdfast-outside-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('stand in the file beside it; a bundle without one has none', async () => {
    const file = join(folder, 'graphs.json');
    expect(await readOutsideGraphs(file)).toEqual([]);
    const graphs = [{ graphId: 'mine', description: 'Mine.', structure: { nodes: [] }, schemas: { input_schema: {} } }];
    writeFileSync(file, JSON.stringify(graphs));
    expect(await readOutsideGraphs(file)).toEqual(graphs);
    writeFileSync(file, '[{"graphId":1}]');
    await expect(readOutsideGraphs(file)).rejects.toThrow(/graphId/);
  });

  it('cannot be built where there is no checkout, and that is said', async () => {
    await expect(buildInCheckout({ checkout: folder, graphs: 'g', home: undefined }, silent)).rejects.toThrow(/HOLDFAST_WORKFLOW_BUNDLE/);
  });
});
