import { readFileSync } from 'node:fs';
import type { Environment } from '@holdfast/nest-kit';
import { catalogueSchema, type Catalogue } from './catalogue.schema';

/** Thrown when the catalogue file cannot be used; holds every problem found. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';

  constructor(
    readonly file: string,
    readonly problems: readonly string[],
  ) {
    super(`The tool catalogue ${file} is not usable (${problems.length} problem(s)):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Reads and checks the operator's catalogue. `${NAME}` in any text is replaced by that environment variable, `${NAME:-default}` by the
 * default when it is absent or empty.
 * @throws CatalogueError
 */
export function loadCatalogue(file: string, environment: Environment): Catalogue {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CatalogueError(file, [`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`]);
  }
  return parseCatalogue(file, content, environment);
}

/**
 * Reads several catalogue files as one: an operator keeps what comes with Holdfast and adds files of their own.
 * @throws CatalogueError also when two files name the same server
 */
export function loadCatalogues(files: readonly string[], environment: Environment): Catalogue {
  const servers: Catalogue['servers'] = {};
  const grants: Catalogue['grants'] = [];
  for (const file of files) {
    const catalogue = loadCatalogue(file, environment);
    const twice = Object.keys(catalogue.servers).filter((name) => name in servers);
    if (twice.length > 0) throw new CatalogueError(file, twice.map((name) => `servers.${name}: another file names a server ${name}, too`));
    Object.assign(servers, catalogue.servers);
    grants.push(...catalogue.grants);
  }
  return { servers, grants };
}

/** The same for text in hand. @throws CatalogueError */
export function parseCatalogue(file: string, content: string, environment: Environment): Catalogue {
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch (error) {
    throw new CatalogueError(file, [`is no JSON: ${(error as Error).message}`]);
  }
  const problems: string[] = [];
  const filled = substitute(raw, environment, [], problems);
  const parsed = catalogueSchema.safeParse(filled);
  const unset = new Set(problems.map((problem) => problem.split(':')[0]));
  for (const { path, message } of parsed.error?.issues ?? []) {
    const at = path.length === 0 ? 'the file' : path.join('.');
    // A variable that is not set explains already why the text is wrong.
    if (!unset.has(at)) problems.push(`${at}: ${message}`);
  }
  if (!parsed.success || problems.length > 0) throw new CatalogueError(file, problems);
  return parsed.data;
}

function substitute(value: unknown, environment: Environment, path: readonly string[], problems: string[]): unknown {
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (_, name: string, fallback: string | undefined) => {
      const set = environment[name] || fallback;
      if (set === undefined) problems.push(`${path.join('.')}: the environment variable ${name} is not set`);
      return set ?? '';
    });
  }
  if (Array.isArray(value)) return value.map((item, index) => substitute(item, environment, [...path, String(index)], problems));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, environment, [...path, key], problems)]));
}
