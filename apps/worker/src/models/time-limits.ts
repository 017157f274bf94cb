import type { ModelTimeout } from './model-failure';

/** Time limits of one model call, in milliseconds. */
export interface ModelTimeLimits {
  /** For the whole call. */
  readonly deadlineMs: number;
  /** Between two chunks of a stream, and before the first one. */
  readonly idleMs: number;
}

/** One signal for everything that ends a call, and the reason why it ended. */
export interface CallTimer {
  readonly signal: AbortSignal;
  /** Starts the idle time afresh: something has arrived. */
  touch(): void;
  /** Which of our own limits ended the call; undefined when none did. */
  expired(): ModelTimeout | undefined;
  /** Ends the timers. To be called in any case. */
  stop(): void;
}

/** Starts the time limits of a call; `parent` (the activity's cancellation) ends it too. */
export function startCallTimer(limits: ModelTimeLimits, parent: AbortSignal): CallTimer {
  const controller = new AbortController();
  let expired: ModelTimeout | undefined;
  const expire = (limit: ModelTimeout): void => {
    expired ??= limit;
    controller.abort(new Error(`model call: ${limit}`));
  };
  const deadline = setTimeout(() => expire('deadline'), limits.deadlineMs);
  const idle = setTimeout(() => expire('idle'), limits.idleMs);
  return {
    signal: AbortSignal.any([parent, controller.signal]),
    touch: () => void idle.refresh(),
    expired: () => expired,
    stop: () => {
      clearTimeout(deadline);
      clearTimeout(idle);
    },
  };
}
