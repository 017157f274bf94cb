import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWorkflowBundle } from '../../src/worker';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * The bundle of the runtime with the test graphs and the product's. Building takes some seconds, so it is kept in the temporary
 * folder under the hash of all sources.
 * @param graphs fixture that registers test graphs
 */
export async function testBundle(graphs = 'graphs'): Promise<string> {
  const file = join(tmpdir(), `holdfast-test-bundle-${graphs}-${sourcesHash()}.cjs`);
  if (existsSync(file)) return file;
  const { code } = await buildWorkflowBundle({
    workflowsPath: at('../fixtures/workflows.ts'),
    graphModules: [at(`../fixtures/${graphs}.ts`), at('../../../graph-definitions/src/register.ts')],
  });
  writeFileSync(`${file}.${process.pid}`, code);
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

function sourcesHash(): string {
  const hash = createHash('sha256').update(readFileSync(at('../../../../package-lock.json')));
  for (const folder of ['../../src', '../fixtures', '../../../graph-definitions/src', '../../../contracts/src']) {
    for (const name of (readdirSync(at(folder), { recursive: true }) as string[]).sort()) {
      if (/(?<!\.spec)\.(ts|cjs)$/.test(name)) hash.update(name).update(readFileSync(join(at(folder), name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
