import type { Frame } from '@holdfast/contracts/events';
import { stateFrameSchema, taskFrameSchema } from './state-frames';
import { wants, wantsDerived, wantsMessages, type StreamView } from './stream-modes';

/** How far a projection has got when a row comes. */
export interface ProjectedSoFar {
  /** Nothing of the row is left to send. */
  readonly isBehind: boolean;
  /** The state in which the run began is known. */
  readonly hasState: boolean;
  /** The newest root checkpoint. */
  readonly latestRoot: string | undefined;
}

/**
 * The stored states that showing these frames takes, each once: those that go out, and for messages the first one, because what
 * stood in it is not new.
 */
export function neededCheckpoints(frames: readonly Frame[], view: StreamView, soFar: ProjectedSoFar): string[] {
  const ids = new Set<string>();
  let { hasState, latestRoot } = soFar;
  for (const frame of frames) {
    const root = frame.ns.length === 0;
    const id = referenceOf(frame);
    if (frame.mode === 'values' && root && !hasState) {
      hasState = true;
      if ((wantsMessages(view) || wantsDerived(view)) && id !== undefined) ids.add(id);
    }
    if (root && id !== undefined && frame.mode !== 'tasks') latestRoot = id;
    if (soFar.isBehind || !isShown(frame, view)) continue;
    // An interrupt comes without a state of its own and is shown with the newest.
    const source = id ?? (frame.mode === 'values' && root ? latestRoot : undefined);
    if (source !== undefined) ids.add(source);
  }
  return [...ids];
}

function referenceOf(frame: Frame): string | undefined {
  if (frame.mode === 'tasks') return taskFrameSchema.safeParse(frame.data).data?.input_from;
  if (frame.mode === 'values' || frame.mode === 'checkpoints') return stateFrameSchema.safeParse(frame.data).data?.checkpoint_id;
  return undefined;
}

function isShown({ mode, ns }: Frame, view: StreamView): boolean {
  if (mode === 'values') return wants(view, 'values', ns);
  return (mode === 'tasks' || mode === 'checkpoints') && (wants(view, mode, ns) || wants(view, 'debug', ns) || (mode === 'tasks' && wants(view, 'events', ns)));
}
