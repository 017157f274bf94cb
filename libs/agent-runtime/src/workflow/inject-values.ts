import type { BaseChannel } from '@langchain/langgraph/web';
import { uuid6 } from '@langchain/langgraph-checkpoint';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { InjectInputCommand } from '../api';
import type { RunnableGraph } from '../graph';
import { toRunError } from './failure';
import type { WorkflowSaver } from './saver';

/** What a compiled graph has beside its face. */
interface CompiledGraph {
  readonly channels: Readonly<Record<string, BaseChannel>>;
  /** Names of the state's channels; the others are LangGraph's own. */
  readonly streamChannelsAsIs: string | readonly string[];
}

/** Inputs that were put into a checkpoint together, and those that could not be. */
export interface Injected {
  /** The new checkpoint; undefined when all were refused. */
  readonly checkpointId: string | undefined;
  /** HoldfastError INVALID_ARGUMENT: a channel that the state does not have, or a value that its reducer refuses. */
  readonly refused: ReadonlyMap<InjectInputCommand, unknown>;
}

/**
 * Writes inputs, in their order, into the newest checkpoint of a graph that stands between two supersteps, through the reducers of its channels.
 * Unlike `updateState` no node counts as the writer: what runs next, and the names of its tasks, stay as they are.
 */
export function injectValues(graph: RunnableGraph, saver: WorkflowSaver, commands: readonly InjectInputCommand[]): Injected {
  const refused = new Map<InjectInputCommand, unknown>();
  const checkpointId = saver.amendHead((checkpoint, metadata) => {
    const version = Math.max(0, ...Object.values(checkpoint.channel_versions).map(Number)) + 1;
    for (const command of commands) {
      try {
        const changed = updatesOf(graph, checkpoint.channel_values, command);
        Object.assign(checkpoint.channel_values, changed);
        for (const name of Object.keys(changed)) checkpoint.channel_versions[name] = version;
      } catch (error) {
        refused.set(command, error);
      }
    }
    const taken = commands.filter((command) => !refused.has(command));
    if (taken.length === 0) return undefined;
    checkpoint.id = uuid6(metadata.step);
    checkpoint.ts = new Date().toISOString();
    return { ...metadata, source: 'update', injected: taken.map(({ commandId }) => commandId) } as typeof metadata;
  });
  return { checkpointId, refused };
}

function updatesOf(graph: RunnableGraph, before: Readonly<Record<string, unknown>>, { values }: InjectInputCommand): Record<string, unknown> {
  const { channels, streamChannelsAsIs } = graph as unknown as CompiledGraph;
  const names = typeof streamChannelsAsIs === 'string' ? [streamChannelsAsIs] : streamChannelsAsIs;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const channel = names.includes(name) ? channels[name] : undefined;
      if (channel === undefined) throw new HoldfastError('INVALID_ARGUMENT', `values.${name}: the state of the graph has ${names.join(', ')}`);
      return [name, updated(channel, name, before[name], value)];
    }),
  );
}

function updated(channel: BaseChannel, name: string, before: unknown, value: unknown): unknown {
  try {
    const copy = channel.fromCheckpoint(before) as BaseChannel;
    copy.update([value]);
    return copy.checkpoint();
  } catch (error) {
    throw new HoldfastError('INVALID_ARGUMENT', `values.${name}: ${toRunError(error).message}`, { cause: error });
  }
}
