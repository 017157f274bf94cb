import type { AssistantRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { RunCreate, StreamMode } from './runs.schema';

/** Where a run belongs. */
export interface RunPlace {
  readonly runId: string;
  readonly threadId: string;
  readonly stateless: boolean;
}

/** The modes of a request; `values` when it names none, as LangGraph servers do. */
export function streamModesOf(modes: RunCreate['stream_mode']): StreamMode[] {
  const list = [modes ?? []].flat() as StreamMode[];
  return list.length === 0 ? ['values'] : list;
}

/** The checkpoint to start from, wherever the caller named it. */
export function checkpointIdOf(body: RunCreate): string | undefined {
  const configured = body.config?.configurable?.['checkpoint_id'];
  const named = body.checkpoint?.checkpoint_id ?? body.checkpoint_id ?? (typeof configured === 'string' ? configured : undefined);
  return named?.toLowerCase();
}

/**
 * The arguments of a run as LangGraph servers store them (`Run.kwargs`): the request with the assistant's configuration under it
 * and the ids of the run in `config.configurable`.
 * @param identity what the graph is told of who acts: {@link identityOf} the caller, unless the run acts for somebody else
 */
export function runKwargs(identity: Readonly<Record<string, unknown>>, place: RunPlace, assistant: AssistantRow, body: RunCreate): Record<string, unknown> {
  const checkpointId = checkpointIdOf(body);
  const configurable = {
    ...withoutIdentity({ ...objectOf(assistant.config['configurable']), ...body.config?.configurable }),
    ...(checkpointId === undefined ? {} : { checkpoint_id: checkpointId }),
    run_id: place.runId,
    thread_id: place.threadId,
    graph_id: assistant.graph_id,
    assistant_id: assistant.assistant_id,
    ...identity,
  };
  return {
    input: body.input ?? null,
    command: body.command ?? null,
    config: {
      ...assistant.config,
      ...body.config,
      configurable,
      metadata: { ...objectOf(assistant.config['metadata']), ...objectOf(body.config?.['metadata']), ...body.metadata },
    },
    context: { ...assistant.context, ...objectOf(body.context) },
    stream_mode: streamModesOf(body.stream_mode),
    interrupt_before: body.interrupt_before ?? null,
    interrupt_after: body.interrupt_after ?? null,
    webhook: null,
    feedback_keys: null,
    temporary: place.stateless && body.on_completion !== 'keep',
    subgraphs: body.stream_subgraphs ?? false,
    resumable: body.stream_resumable ?? false,
    durability: durabilityOf(body),
    ...(checkpointId === undefined ? {} : { checkpoint_id: checkpointId }),
  };
}

const IDENTITY_PREFIX = 'langgraph_auth_';

/** Who acts, as LangGraph servers tell their graphs. */
export function identityOf({ principalId, roles }: TenantContext): Record<string, unknown> {
  return {
    [`${IDENTITY_PREFIX}user`]: { identity: principalId, display_name: principalId, is_authenticated: true, permissions: roles },
    [`${IDENTITY_PREFIX}user_id`]: principalId,
    [`${IDENTITY_PREFIX}permissions`]: roles,
  };
}

/** Who acts in a run that was made before. */
export function identityIn(kwargs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const configurable = objectOf(objectOf(kwargs['config'])['configurable']);
  return Object.fromEntries(Object.entries(configurable).filter(([key]) => key.startsWith(IDENTITY_PREFIX)));
}

/** Graphs believe every key of that prefix, also those that this server does not set. */
function withoutIdentity(configurable: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(configurable).filter(([key]) => !key.startsWith(IDENTITY_PREFIX)));
}

function durabilityOf(body: RunCreate): 'sync' | 'async' | 'exit' {
  if (body.durability != null) return body.durability;
  return body.checkpoint_during === false ? 'exit' : 'async';
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
