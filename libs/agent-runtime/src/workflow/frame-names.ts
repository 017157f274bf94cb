import type { Frame } from '@holdfast/contracts/events';
import type { TaskStartFrame } from '../api';
import { canonicalText } from './canonical-text';
import { sha256 } from './sha256';

type Content = Readonly<Pick<Frame, 'ns' | 'mode' | 'data'>>;

/** Digits of a content's hash; compared within a superstep only. */
const DIGITS = 16;

/**
 * Names the frames of a run, so that a repeated commit knows each again (libs/persistence, commit-repeat): by the superstep under way and by which
 * one it is among the equal frames of that superstep. A workflow task that is executed again has the results of parallel calls in another order,
 * and its frames in other commits, but as many equal ones; which of them is which does not matter, because they are equal.
 */
export class FrameNames {
  private step: number | undefined;
  /** Frames of the superstep so far, by what tells them apart; no longer than the superstep, so that a long run stays small. */
  private readonly told = new Map<string, number>();

  /** The name of the next frame. @param step superstep under way of the graph that is recorded */
  next(step: number, frame: Content): Pick<Frame, 'step' | 'nth'> {
    if (step !== this.step) this.told.clear();
    this.step = step;
    const key = keyOf(frame);
    const nth = this.told.get(key) ?? 0;
    this.told.set(key, nth + 1);
    return nth === 0 ? { step } : { step, nth };
  }
}

/** Frames of a task have its id, which saves reading its input and its result. */
function keyOf({ ns, mode, data }: Content): string {
  const content = mode === 'tasks' ? [(data as TaskStartFrame).id, 'result' in (data as object)] : data;
  return sha256(canonicalText([ns, mode, content])).slice(0, DIGITS);
}
