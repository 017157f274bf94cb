import type { ModelRequest, ToolRequest } from '@holdfast/agent-runtime/api';
import type { LogSink } from '@holdfast/nest-kit';
import { BlobsRepository, CronFiringsRepository, ModelCallsRepository, RunJournal, TaskJournal } from '@holdfast/persistence';
import { PostgresBlobStore } from '../blobs/postgres-blob-store';
import type { WorkerConfig } from '../config';
import type { Connections } from '../connections';
import { createCronActivities } from '../crons/cron.activities';
import { createJournalActivities, type JournalParts } from '../journal/journal.activities';
import { meteredCircuits } from '../models/circuit-metrics';
import { ListedMessages } from '../models/listed-messages';
import { callModel } from '../models/model.activity';
import { callTool } from '../tools/tool.activity';
import { ToolCatalogue } from '../tools/tool-catalogue';
import { type ActivityMap, activityMap } from './activity-map';
import { awaitTask } from './await-task.activity';
import { callActivity } from './call-activity';
import { CallFlights } from './call-flights';

/** The workflow bundle that this worker runs. */
export type RunningBuild = Pick<JournalParts, 'buildId' | 'takesNewRuns' | 'outcomes'>;

/** Binds the runtime's activities to the worker's connections. */
export function createAgentActivities(config: WorkerConfig, connections: Connections, build: RunningBuild, log: LogSink): ActivityMap {
  const { database, router, tokens, notices } = connections;
  const blobs = new PostgresBlobStore(new BlobsRepository(database));
  const models = {
    gateway: { baseUrl: config.LLM_GATEWAY_URL, apiKey: config.LLM_GATEWAY_API_KEY, model: config.LLM_MODEL },
    limits: { deadlineMs: config.LLM_DEADLINE_MS, idleMs: config.LLM_IDLE_TIMEOUT_MS },
    blobs,
    lists: new ListedMessages(blobs),
    catalogue: new ToolCatalogue(router),
    tokens,
    circuits: meteredCircuits(),
    ledger: { calls: new ModelCallsRepository(database), owner: `holdfast-worker-${process.pid}`, log },
  };
  const flights = new CallFlights();
  const journal = createJournalActivities({
    journal: new RunJournal(database),
    tasks: new TaskJournal(database),
    blobs,
    ...build,
    notices: { publish: (tenantId, { runId, seq, status }) => notices.publish(tenantId, runId, { seq, status }) },
    log,
    onEnded: (run) => flights.endRun(run),
  });
  const host = { flights, log, random: Math.random, commitProgress: journal.commitProgress };
  return activityMap(
    {
      ...journal,
      awaitTask,
      ...createCronActivities(new CronFiringsRepository(database)),
    },
    callActivity('model', (request: ModelRequest, scope) => callModel(models, request, scope), host),
    callActivity('tool', (request: ToolRequest, scope) => callTool({ router, blobs }, request, scope), host),
  );
}
