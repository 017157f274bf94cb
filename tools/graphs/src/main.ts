import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { formatFindings, GraphsRefusedError } from './findings.ts';
import { BUILD_FOLDER } from './workspace.ts';

const USAGE = `Usage:
  npm run check:graphs -- FOLDER              check the graphs of a folder with a langgraph.json
  npm run build:graphs -- FOLDER --cache DIR  check them and build the workflow bundle with them; the last line is JSON: {"bundle": FILE}
  npm run new:graph NAME                      make a graph in libs/graph-definitions
  npm run new:graph NAME -- --folder DIR      make a folder with a graph, for npm start -- --graphs DIR
`;

/** Where the command was typed: npm runs scripts at the root of the checkout. */
const here = process.env['INIT_CWD'] ?? process.cwd();

async function check(folder: string): Promise<void> {
  const { checkGraphs } = await import('./check/check-graphs.ts');
  const { graphs, findings } = await checkGraphs(resolve(here, folder));
  if (findings.length > 0) say(formatFindings(findings, here));
  say(`${graphs.map(({ graphId }) => graphId).join(', ')}: can run.`);
}

/** For programs: each line on stdout is JSON, what people should know goes to stderr. Without a folder only our own graphs are bundled. */
async function build(folder: string | undefined, cache: string): Promise<void> {
  const [{ checkGraphs }, { buildWorkflows }] = await Promise.all([import('./check/check-graphs.ts'), import('./bundle/build-workflows.ts')]);
  const checked = folder === undefined ? undefined : await checkGraphs(resolve(here, folder));
  if (checked !== undefined) {
    if (checked.findings.length > 0) process.stderr.write(`${formatFindings(checked.findings, here)}\n`);
    say(JSON.stringify({ graphs: checked.graphs.map(({ graphId }) => graphId) }));
  }
  say(JSON.stringify({ bundle: await buildWorkflows(checked, resolve(here, cache)) }));
}

async function create(name: string, folder: string | undefined): Promise<void> {
  const { newGraph } = await import('./create/new-graph.ts');
  say(newGraph(name, folder === undefined ? undefined : resolve(here, folder)));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function run(): Promise<number> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { cache: { type: 'string' }, folder: { type: 'string' } } });
  const [command, subject, ...more] = positionals;
  if (more.length > 0) return usage();
  if (command === 'check' && subject !== undefined) await check(subject);
  else if (command === 'build') await build(subject, values.cache ?? BUILD_FOLDER);
  else if (command === 'new' && subject !== undefined) await create(subject, values.folder);
  else return usage();
  return 0;
}

function usage(): number {
  process.stderr.write(USAGE);
  return 2;
}

/** Errors that speak for themselves; others are shown with their stack. */
const SPEAKING = /^(GRAPHS_REFUSED|NEW_GRAPH_REFUSED|ERR_PARSE_ARGS)/;

function explain(error: unknown): string {
  if (error instanceof GraphsRefusedError) return formatFindings(error.findings, here);
  const { code, message, stack } = error as Partial<Error & { code: unknown }>;
  return SPEAKING.test(String(code)) ? (message ?? '') : (stack ?? String(error));
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
