import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of graphs that a test writes, away from the workspace as its users' are. */
export class GraphFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'holdfast-graphs-'));

  /** Writes files; a langgraph.json may be given as an object. */
  write(files: Readonly<Record<string, string | object>>): this {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    }
    return this;
  }

  /** Writes modules and a langgraph.json that names export `graph` of each. */
  graphs(modules: Readonly<Record<string, string>>): this {
    const graphs = Object.keys(modules).map((file) => [file.replace(/\.\w+$/, ''), `./${file}:graph`] as const);
    return this.write({ ...modules, 'langgraph.json': { node_version: '24', dependencies: ['.'], graphs: Object.fromEntries(graphs) } });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A line of findings: file, its line, reason. */
export const place = (file: string, line: number, reason: RegExp): unknown => ({
  file: expect.stringMatching(new RegExp(`${file.replaceAll('.', '\\.')}$`)),
  line,
  severity: 'refused',
  reason: expect.stringMatching(reason),
});
