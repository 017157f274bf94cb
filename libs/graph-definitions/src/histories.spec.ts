import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GRAPHS } from './catalogue';

interface HistoryFile {
  readonly history: { readonly events: readonly { readonly workflowExecutionStartedEventAttributes?: { readonly input: { readonly payloads: readonly { readonly data: string }[] } } }[] };
}

/** Recorded with `npm run histories:record`, whose tests replay them. */
const folder = fileURLToPath(new URL('../../agent-runtime/histories', import.meta.url));
let recorded: ReadonlySet<string>;

/** The graphs of the runs with which a workflow began. */
function graphsOf(file: string): string[] {
  const { history } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as HistoryFile;
  const [argument] = history.events[0]?.workflowExecutionStartedEventAttributes?.input.payloads ?? [];
  if (argument === undefined) return [];
  const { runs = [] } = JSON.parse(Buffer.from(argument.data, 'base64').toString('utf8')) as { runs?: { graphId: string }[] };
  return runs.map(({ graphId }) => graphId);
}

beforeAll(() => {
  recorded = new Set(readdirSync(folder).filter((file) => file.endsWith('.json')).flatMap(graphsOf));
});

it.each(GRAPHS.map(({ graphId }) => graphId))('%s has a recorded history, so that no build breaks its open runs unseen', (graphId) => {
  expect([...recorded]).toContain(graphId);
});
