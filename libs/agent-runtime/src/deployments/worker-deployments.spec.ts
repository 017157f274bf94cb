import type { ConnectionLike } from '@temporalio/client';
import { MOST_READ, WorkerDeployments } from './worker-deployments';

const PAGE = 100;

/** A server with so many open executions; its page tokens are places in the list. */
function serverWith(count: number): { deployments: WorkerDeployments; calls: () => number } {
  let calls = 0;
  const listWorkflowExecutions = ({ pageSize, nextPageToken }: { pageSize: number; nextPageToken?: Uint8Array }) => {
    calls += 1;
    const from = nextPageToken === undefined ? 0 : Number(new TextDecoder().decode(nextPageToken));
    const to = Math.min(count, from + pageSize);
    const executions = Array.from({ length: to - from }, (_, i) => ({ execution: { workflowId: `w${from + i}`, runId: 'r' } }));
    return Promise.resolve({ executions, nextPageToken: new TextEncoder().encode(to < count ? String(to) : '') });
  };
  const connection = { withDeadline: (_: number, call: () => unknown) => call(), workflowService: { listWorkflowExecutions } } as unknown as ConnectionLike;
  return { deployments: new WorkerDeployments(connection, { namespace: 'n', identity: 'test' }), calls: () => calls };
}

async function idsOf(deployments: WorkerDeployments, most = Infinity): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of deployments.eachOpen('build')) {
    ids.push(workflowId);
    if (ids.length === most) break;
  }
  return ids;
}

describe('the open executions of a build', () => {
  it('are read page after page, and no further than the caller reads', async () => {
    const server = serverWith(2 * PAGE + 1);
    expect(new Set(await idsOf(server.deployments)).size).toBe(2 * PAGE + 1);
    expect(server.calls()).toBe(3);
    await idsOf(server.deployments, 1);
    expect(server.calls()).toBe(4);
  });

  it('are not read without end', async () => {
    expect(await idsOf(serverWith(MOST_READ + PAGE).deployments)).toHaveLength(MOST_READ);
  });
});
