import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { nameProblem } from '../check/graph-names.ts';
import { WORKSPACE } from '../workspace.ts';
import { registerIn } from './graph-catalogue.ts';

/** Thrown when a graph cannot be made; the message says why. Nothing has been written then. */
export class NewGraphError extends Error {
  readonly code = 'NEW_GRAPH_REFUSED';
}

const TEMPLATES = join(import.meta.dirname, '../../templates');
const DEFINITIONS = join(WORKSPACE, 'libs/graph-definitions/src');

/**
 * Makes a graph with its test: in a folder of its own for `npm start -- --graphs`, or among Holdfast's own, registered in the catalogue.
 * @param folder absolute; default: among Holdfast's own
 * @param definitions where those are; tests give a copy
 * @returns what to do next
 * @throws NewGraphError for a wrong name and for one that is taken
 */
export function newGraph(name: string, folder?: string, definitions: string = DEFINITIONS): string {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new NewGraphError(problem);
  return folder === undefined ? inWorkspace(name, definitions) : inFolder(name, folder, definitions);
}

function inWorkspace(name: string, definitions: string): string {
  const folder = join(definitions, name);
  const catalogue = join(definitions, 'catalogue.ts');
  refuseTaken(name, definitions);
  const registered = registerIn(readFileSync(catalogue, 'utf8'), name, variableOf(name));
  if (registered === undefined) throw new NewGraphError(`${catalogue} has no list GRAPHS: add the graph by hand`);
  writeTemplates('workspace', folder, { name, variable: variableOf(name) });
  writeFileSync(catalogue, registered);
  const steps = [
    'a conversation with it in libs/agent-runtime/test/support/catalogue-conversations.ts',
    'npm run histories:record',
    'a page in docs/patterns; or, when it is no pattern for others, its name in NO_PATTERNS of libs/graph-definitions/src/pictures.spec.ts',
    'npx nx test graph-definitions',
    `npm start    # then run assistant ${name}`,
  ];
  return [`Made ${relative(WORKSPACE, folder)} and a line in catalogue.ts. Next:`, ...steps].join('\n  ');
}

function inFolder(name: string, folder: string, definitions: string): string {
  refuseTaken(name, definitions);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new NewGraphError(`${folder} is not empty`);
  const holdfast = relative(folder, WORKSPACE).replaceAll('\\', '/');
  const { dependencies } = JSON.parse(readFileSync(join(WORKSPACE, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const versions = { langgraph: dependencies['@langchain/langgraph'] ?? '*', core: dependencies['@langchain/core'] ?? '*' };
  writeTemplates('folder', folder, { name, holdfast, ...versions });
  return `Made ${folder}. Next:\n  node --test ${join(folder, 'graph.test.ts')}\n  npm start -- --graphs ${folder}    # then run assistant ${name}`;
}

/** Early; the check at a start compares with the graphs themselves. */
function refuseTaken(name: string, definitions: string): void {
  const taken = readdirSync(definitions, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.graph.ts'))
    .some((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').includes(`graphId: '${name}'`));
  if (taken || existsSync(join(definitions, name))) throw new NewGraphError(`Holdfast has a graph ${name} already: choose another name`);
}

function writeTemplates(kind: 'workspace' | 'folder', folder: string, values: Readonly<Record<string, string>>): void {
  const fill = (text: string): string => text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? '');
  for (const template of readdirSync(join(TEMPLATES, kind))) {
    const file = join(folder, fill(template).replace(/\.template$/, ''));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, fill(readFileSync(join(TEMPLATES, kind, template), 'utf8')));
  }
}

/** `word-count` → `wordCountGraph`; the ending keeps it apart from words of the language. */
function variableOf(name: string): string {
  return `${name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Graph`;
}
