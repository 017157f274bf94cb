import { z } from 'zod';
import { queryList } from '../http/wire.schema';

/** What a viewer of a thread may want: the events of its runs as each was asked to be streamed, only where they begin and end, or edits of its state. */
export const THREAD_STREAM_MODES = ['run_modes', 'lifecycle', 'state_update'] as const;
/** See {@link THREAD_STREAM_MODES}. */
export type ThreadStreamMode = (typeof THREAD_STREAM_MODES)[number];

const modes = queryList(z.enum(THREAD_STREAM_MODES)).describe('Default `run_modes`');

/** Query of GET /threads/{thread_id}/stream: SDKs write `stream_mode`, the protocol’s document `stream_modes`. */
export const threadStreamQuery = z.object({ stream_mode: modes, stream_modes: modes });
/** See {@link threadStreamQuery}. */
export type ThreadStreamQuery = z.infer<typeof threadStreamQuery>;
