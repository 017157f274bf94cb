import { fileURLToPath } from 'node:url';
import { type RecordedHistory, readBuild, readBuilds } from '@holdfast/agent-runtime/replay';
import { GRAPHS } from './catalogue';

/** Recorded with `npm run histories:record`, replayed by the tests of agent-runtime. */
const corpus = fileURLToPath(new URL('../../agent-runtime/histories', import.meta.url));
let recorded: ReadonlySet<string>;

/** The graphs of the runs with which a workflow began. */
function graphsOf({ history }: RecordedHistory): string[] {
  const [argument] = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  if (argument?.data == null) return [];
  const { runs = [] } = JSON.parse(Buffer.from(argument.data).toString('utf8')) as { runs?: { graphId: string }[] };
  return runs.map(({ graphId }) => graphId);
}

beforeAll(async () => {
  const newest = (await readBuilds(corpus)).at(-1)!;
  recorded = new Set((await readBuild(corpus, newest)).flatMap(graphsOf));
});

it.each(GRAPHS.map(({ graphId }) => graphId))('%s has a history of the newest recorded build, so that no later one breaks its open runs unseen', (graphId) => {
  expect([...recorded]).toContain(graphId);
});
