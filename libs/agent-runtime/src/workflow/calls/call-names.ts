import type { BeginRunGo, CallNaming } from '../../api';
import { canonicalText } from '../canonical-text';
import type { SavedRun } from '../saved-state';
import { sha256 } from '../sha256';

/** Digits of a name by content; with its mark as long as LangGraph's task is in a name by place. */
const DIGITS = 15;

/** See {@link CallNaming}. */
const MARKS = { content: 'h', digests: 'g' } as const;
const BY_PLACE = /^[0-9a-f]{16}-\d+$/;

/**
 * Names the calls of a run for its ledgers. By content a name does not depend on which of the calls beside it answered first, so that a
 * task that is executed again, with all answers at once, finds each answer where it left it. Of calls that say the same the first one made
 * gets the first name; which of them that is does not matter, because they are equal.
 */
export class CallNames {
  /** Calls so far by what their names begin with. */
  private readonly made = new Map<string, number>();

  constructor(private readonly naming: CallNaming) {}

  /** True when a call was named. */
  get wereMade(): boolean {
    return this.made.size > 0;
  }

  /**
   * The name of a task's next call.
   * @param content what tells the call from others of the task: JSON
   */
  next(task: string, content: readonly unknown[]): string {
    const base = this.naming === 'place' ? task : `${MARKS[this.naming]}${sha256(canonicalText([task, ...content])).slice(0, DIGITS)}`;
    const nth = this.made.get(base) ?? 0;
    this.made.set(base, nth + 1);
    return `${base}-${nth}`;
  }
}

/** A run keeps the names it began with: whoever goes on with it has to find its calls in the ledgers. */
export function namingOf(run: Pick<SavedRun, 'callNaming'>, begin: Pick<BeginRunGo, 'called' | 'callNaming'>): CallNaming {
  if (run.callNaming !== undefined) return run.callNaming;
  // Another execution has told of calls, and has stored no state.
  for (const callId of begin.called) {
    if (BY_PLACE.test(callId)) return 'place';
    if (callId.startsWith(MARKS.content)) return 'content';
  }
  return begin.callNaming ?? 'place';
}
