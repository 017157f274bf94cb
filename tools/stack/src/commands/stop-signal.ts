/** Turns Ctrl-C and its relatives into one AbortSignal. */
export interface StopRequest {
  readonly signal: AbortSignal;
  /** Resolves at the first request. */
  readonly requested: Promise<void>;
}

/** npm, its shell and the terminal may each deliver the same Ctrl-C; a real second one comes later, in milliseconds. */
const SAME_REQUEST_MS = 2_000;

/**
 * Listens for SIGINT, SIGTERM and SIGHUP. The first aborts the signal; another one more than two seconds later calls
 * `onImpatience` (the processes shall be ended without waiting).
 */
export function onStopRequest(onImpatience: () => void): StopRequest {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const requested = new Promise<void>((resolve) => {
    const stop = (): void => {
      const now = performance.now();
      if (firstAt === undefined) {
        firstAt = now;
        controller.abort(new StopRequestedError());
        resolve();
      } else if (now - firstAt > SAME_REQUEST_MS) {
        onImpatience();
      }
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  });
  return { signal: controller.signal, requested };
}

/** Why a start was given up: somebody pressed Ctrl-C. */
export class StopRequestedError extends Error {
  readonly code = 'STACK_STOP_REQUESTED';

  constructor() {
    super('stop requested');
  }
}
