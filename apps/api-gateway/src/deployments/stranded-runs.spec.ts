import type { DeploymentState, OpenExecution } from '@holdfast/agent-runtime/deployments';
import type { BuildRow, BuildsRepository, CheckpointsRepository, RunsRepository } from '@holdfast/persistence';
import { testConfig } from '../../test/gateway-fixture';
import type { TemporalLink } from '../connections/temporal-link';
import type { DeliveryService } from '../delivery/delivery.service';
import { RunMover } from './run-mover';
import { StrandedRunsService } from './stranded-runs.service';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const TENANT = '01890000-0000-7000-8000-000000000001';
const thread = (n: number): string => `t/${TENANT}/th/00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const task = (n: number, path: string): string => `${thread(n)}/run/00000000-0000-7000-8000-000000000000/task/${path}`;
const build = (buildId: string, workers: number): BuildRow => ({
  buildId, graphs: { known: null }, firstSeenAt: new Date(0), lastCurrentAt: null, withdrawn: null, workers, runsEnded: 0, runsFailed: 0,
});
const state: DeploymentState = {
  current: 'new',
  versions: ['new', 'old'].map((buildId) => ({ buildId, status: buildId === 'new' ? 'current' : 'draining', createdAt: new Date(0), wasActive: true })),
  conflictToken: new Uint8Array(),
};

/** A dead build with these open workflows; those of threads below `stay` run a graph that the new build does not have. */
function strand(workflowIds: readonly string[], { stay = 0, broken = '' } = {}) {
  const open = new Map(workflowIds.map((workflowId) => [workflowId, { workflowId, runId: `run of ${workflowId}`, startedAt: new Date(0) }]));
  const [terminated, delivered]: [string[], string[]] = [[], []];
  let asked = 0;
  const matching = (query: string): OpenExecution[] => {
    const [, exact] = /WorkflowId = '(.+?)'/.exec(query) ?? [];
    const [, prefix] = /WorkflowId STARTS_WITH '(.+?)'/.exec(query) ?? [];
    const [, type] = /WorkflowType = '(.+?)'/.exec(query) ?? [];
    return [...open.values()].filter(({ workflowId }) => {
      if (exact !== undefined) return workflowId === exact;
      if (prefix !== undefined) return workflowId.startsWith(prefix);
      return workflowId.includes('/task/') === (type === 'agentTask.v1');
    });
  };
  const deployments = {
    describe: () => Promise.resolve(state),
    openExecutions: (_: string, limit: number, query = '') => Promise.resolve(matching(query).slice(0, limit)),
    eachOpen: async function* (_: string, query = '') {
      for (const execution of matching(query)) yield await Promise.resolve(execution);
    },
    terminate: ({ workflowId }: OpenExecution) => {
      terminated.push(workflowId);
      open.delete(workflowId);
      return Promise.resolve();
    },
  };
  const runs = {
    activeRuns: (_: unknown, threadId: string) => {
      asked += 1;
      return threadId === broken ? Promise.reject(new Error('broken')) : Promise.resolve([{ runId: threadId, status: 'running' }]);
    },
    get: (_: unknown, { runId }: { runId: string }) =>
      Promise.resolve({ run_id: runId, graph_id: Number(runId.slice(-12)) < stay ? 'unknown' : 'known', traceparent: null }),
  };
  const temporal = { deployments: () => deployments } as unknown as TemporalLink;
  const mover = new RunMover(
    runs as unknown as RunsRepository,
    { savedHeader: () => Promise.resolve(null) } as unknown as CheckpointsRepository,
    temporal,
    { deliverSoon: (_: unknown, { threadId }: { threadId: string }) => void delivered.push(threadId) } as unknown as DeliveryService,
    silent,
  );
  const builds = { list: () => Promise.resolve([build('new', 1), build('old', 0)]) } as unknown as BuildsRepository;
  const service = new StrandedRunsService(builds, temporal, mover, testConfig(), silent);
  return { service, terminated, delivered, asked: () => asked };
}

describe('runs of a dead build', () => {
  it('are moved with their sub-agents, those that asked others first, before they are delivered', async () => {
    const { service, terminated, delivered } = strand([task(1, 'a/b'), task(1, 'a'), thread(1), task(1, 'c')]);
    expect(await service.look()).toBe(1);
    expect(terminated[0]).toBe(thread(1));
    expect(new Set(terminated)).toEqual(new Set([thread(1), task(1, 'a'), task(1, 'c'), task(1, 'a/b')]));
    expect(terminated.at(-1)).toBe(task(1, 'a/b'));
    expect(delivered).toHaveLength(1);
  });

  it('leave no sub-agent behind whose parent has been moved, and take none from a parent that stays', async () => {
    const { service, terminated } = strand([task(2, 'a'), thread(1), task(1, 'b')], { stay: 2 });
    expect(await service.look()).toBe(1);
    expect(terminated).toEqual([task(2, 'a')]);
  });

  it('are moved however many stand before them that stay, which are not asked again at once', async () => {
    const { service, terminated, asked } = strand(Array.from({ length: 151 }, (_, n) => thread(n)), { stay: 150 });
    expect(await service.look()).toBe(1);
    expect(terminated).toEqual([thread(150)]);
    await service.look();
    expect(asked()).toBe(151);
  });

  it('are moved when one of them cannot be', async () => {
    const { service, terminated } = strand([thread(1), thread(2)], { broken: thread(1).split('/').at(-1)! });
    expect(await service.look()).toBe(1);
    expect(terminated).toEqual([thread(2)]);
  });
});
