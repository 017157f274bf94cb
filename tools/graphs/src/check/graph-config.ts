import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type Finding, GraphsRefusedError } from '../findings.ts';
import { nameProblem } from './graph-names.ts';

/** One graph that a langgraph.json names. */
export interface GraphSource {
  readonly graphId: string;
  /** Absolute path of its module. */
  readonly file: string;
  readonly exportName: string;
  readonly description: string;
  readonly version: string;
  /** Its line in langgraph.json. */
  readonly line: number;
}

/** A folder of graphs as its langgraph.json describes it. */
export interface GraphConfig {
  readonly folder: string;
  /** Absolute path of langgraph.json. */
  readonly file: string;
  readonly sources: readonly GraphSource[];
  readonly findings: readonly Finding[];
}

const CONFIG_FILE = 'langgraph.json';
const MODULE = /\.[cm]?[jt]s$/;
const VERSION = /^\d+\.\d+\.\d+$/;

const reference = z.union([z.string(), z.object({ path: z.string(), description: z.string().optional() })]);
const schema = z.looseObject({ graphs: z.record(z.string(), reference).refine((graphs) => Object.keys(graphs).length > 0, 'names no graph') });

/** Parts of a langgraph.json that configure LangGraph's own server. */
const UNUSED: Readonly<Record<string, string>> = {
  env: 'graphs see no environment; models and tools are configured by the operator',
  auth: 'callers are known by their API keys',
  http: 'graphs come without routes of their own',
  store: 'graphs come without a store',
  checkpointer: 'the runtime brings its own',
  webhooks: 'graphs come without webhooks',
};

/**
 * Reads the langgraph.json of a folder.
 * @throws GraphsRefusedError when there is none, or it cannot be read at all
 */
export function readGraphConfig(folder: string): GraphConfig {
  const file = join(folder, CONFIG_FILE);
  const text = textOf(file);
  const lineOf = (key: string): number => {
    const at = text.indexOf(JSON.stringify(key), text.indexOf('"graphs"'));
    return at < 0 ? 1 : text.slice(0, at).split('\n').length;
  };
  const parsed = schema.safeParse(jsonOf(text, file));
  if (!parsed.success) {
    throw new GraphsRefusedError(
      parsed.error.issues.map(({ path, message }) => ({ file, line: lineOf(String(path[1] ?? path[0])), severity: 'refused', reason: `${path.join('.')}: ${message}` })),
    );
  }
  const version = versionOf(folder);
  const findings: Finding[] = [];
  const sources = Object.entries(parsed.data.graphs).map(([graphId, value]): GraphSource => {
    const { path, description = `Graph ${graphId}, from outside of Holdfast.` } = typeof value === 'string' ? { path: value } : value;
    const colon = path.lastIndexOf(':');
    const [module, exportName] = colon < 0 ? [path, 'default'] : [path.slice(0, colon), path.slice(colon + 1)];
    const source = { graphId, file: resolve(folder, module), exportName, description, version, line: lineOf(graphId) };
    const problem = nameProblem(graphId) ?? moduleProblem(source.file, module);
    if (problem !== undefined) findings.push({ file, line: source.line, severity: 'refused', reason: problem });
    return source;
  });
  for (const [key, reason] of Object.entries(UNUSED)) {
    if (key in parsed.data) findings.push({ file, line: text.slice(0, text.indexOf(`"${key}"`)).split('\n').length, severity: 'suspicious', reason: `${key} is not used: ${reason}` });
  }
  return { folder, file, sources, findings };
}

function moduleProblem(path: string, shown: string): string | undefined {
  if (path.endsWith('.py')) return `${shown} is Python: Holdfast runs graphs of LangGraph for JavaScript`;
  if (!MODULE.test(path)) return `${shown} is no JavaScript or TypeScript module`;
  return existsSync(path) && statSync(path).isFile() ? undefined : `there is no file ${shown}`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new GraphsRefusedError([{ file, line: 1, severity: 'refused', reason: `it cannot be read: ${(error as Error).message}` }]);
  }
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GraphsRefusedError([{ file, line: 1, severity: 'refused', reason: `it is no JSON: ${(error as Error).message}` }]);
  }
}

/** The version of the folder's package; graphs need one, and most folders of graphs have no other. */
function versionOf(folder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    if (typeof version === 'string' && VERSION.test(version)) return version;
  } catch {
    // a folder without a package.json is as good as one without a version
  }
  return '1.0.0';
}
