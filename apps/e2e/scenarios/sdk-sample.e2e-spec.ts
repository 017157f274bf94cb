import { asTenant, readJournal } from '../src/database';
import { answerOf, joinChunks, messagesOf, textOf } from '../src/messages';
import { aTenant } from '../src/tenant';
import { readWorkspace, SAMPLE_QUESTION } from '../src/workspace';

describe('the sample question', () => {
  it('is planned, worked on with real tools, reviewed and answered from what they returned', async () => {
    const { client, tenantId } = await aTenant('sample');
    const packages = readWorkspace();
    expect(packages.length).toBeGreaterThan(10);
    const { thread_id: threadId } = await client.threads.create();
    const events: { event: string; data: unknown }[] = [];
    let runId = '';
    const stream = client.runs.stream(threadId, 'plan-execute-review', {
      input: { messages: [{ role: 'user', content: SAMPLE_QUESTION }] },
      streamMode: ['updates', 'messages-tuple'],
      onRunCreated: (run) => (runId = run.run_id),
    });
    for await (const { event, data } of stream) events.push({ event, data });

    const { values } = await client.threads.getState(threadId);
    expect(values).toMatchObject({ verdict: 'accepted' });
    const answer = answerOf(values);
    for (const { folder } of packages) expect(answer).toContain(`\`${folder}\``);
    // the answer lists nothing that is not there; what a README says of other packages is quoted after the colon
    const named = [...answer.matchAll(/^- `((?:apps|libs|tools)\/[^`]+)`:/gm)].map((match) => match[1]);
    expect(named.sort()).toEqual(packages.map(({ folder }) => folder).sort());
    expect(answer).toContain('holdfast-dev');

    // every call that the model asked for was answered once, by a tool, without an error of the router
    const messages = messagesOf(values);
    const calls = messages.flatMap((message) => message.tool_calls ?? []);
    const results = messages.filter((message) => message.type === 'tool');
    expect(results.map((result) => result.tool_call_id).sort()).toEqual(calls.map((call) => call.id).sort());
    const listing = results.find((result) => result.name === 'filesystem__list_directory' && textOf(result.content).includes('[DIR] contracts'));
    for (const { folder } of packages.filter(({ folder: name }) => name.startsWith('libs/'))) expect(textOf(listing?.content)).toContain(`[DIR] ${folder.slice(5)}`);
    const contracts = packages.find(({ folder }) => folder === 'libs/contracts');
    expect(results.map((result) => textOf(result.content)).some((text) => text.includes(contracts?.purpose?.slice(0, 60) ?? 'no README of contracts'))).toBe(true);

    // the viewer read what the state holds
    const said = joinChunks(events);
    for (const message of messages.filter((each) => each.type !== 'human')) expect(said.get(message.id ?? '')).toBe(textOf(message.content));
    const nodes = events.filter((event) => event.event === 'updates').map((event) => Object.keys(event.data as object)[0]);
    expect(nodes[0]).toBe('plan');
    expect(nodes.at(-1)).toBe('review');
    expect(nodes.filter((node) => node === 'tools').length).toBeGreaterThanOrEqual(3);

    // and the journal tells the same story
    const journal = await readJournal(tenantId, runId);
    expect(journal.map((row) => row.seq)).toEqual(journal.map((_, index) => index + 1));
    expect(journal.map((row) => row.type).slice(0, 2)).toEqual(['run.created.v1', 'run.started.v1']);
    expect(journal.at(-1)?.type).toBe('run.completed.v1');
    const called = journal.filter((row) => row.type === 'tool.called.v1').map((row) => row.data as { call_id: string; tool_call_id: string });
    expect(called.map((call) => call.tool_call_id).sort()).toEqual(calls.map((call) => call.id).sort());
    const audited = await asTenant(tenantId, (owner) => owner.query<{ call_id: string }>('SELECT call_id FROM tools.tool_calls WHERE tenant_id = $1 AND run_id = $2', [tenantId, runId]));
    // the router knows a call by its id in the ledger: models may use one twice
    expect(audited.rows.map((row) => row.call_id).sort()).toEqual(called.map((call) => call.call_id).sort());
  });

  it('is sent back by the reviewer when the answer lacks something, and mended', async () => {
    const { client } = await aTenant('revise');
    const values = await client.runs.wait(null, 'plan-execute-review', { input: { messages: [{ role: 'user', content: `${SAMPLE_QUESTION} revise:once` }] } });
    expect(values).toMatchObject({ verdict: 'accepted', revisions: 1 });
    for (const { folder } of readWorkspace()) expect(answerOf(values)).toContain(`\`${folder}\``);
  });
});
