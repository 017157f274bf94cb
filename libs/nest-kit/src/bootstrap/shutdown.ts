import type { LogSink } from '../logging/logger';

/** Fires when the process begins to go away. Inject it where something lives longer than a request: streams, loops. */
export class ShutdownSignal {
  private readonly controller = new AbortController();

  /** Aborted from the first moment of the shutdown on. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Called by the bootstrap only. */
  fire(reason: string): void {
    this.controller.abort(new Error(reason));
  }
}

/** Options of {@link installShutdown}. */
export interface ShutdownSettings {
  readonly log: LogSink;
  /** Longest time for work in flight, in ms; afterwards the process exits with code 1. */
  readonly graceMs: number;
  /** The orderly way out: refuse new work, finish what is in flight, close connections. */
  drain(reason: string): Promise<void>;
  /** Default `process.exit`. */
  readonly exit?: (code: number) => void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * Ends the process in order at SIGTERM and SIGINT (exit code 0), at once at a second one (130 or 143), and with code 1 when the
 * grace has passed or at an error that nobody caught. Returns a function that removes the handlers.
 */
export function installShutdown(settings: ShutdownSettings): () => void {
  const { log, graceMs, drain } = settings;
  const exit = settings.exit ?? ((code: number) => process.exit(code));
  let leaving = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (leaving) {
      log.warn({ signal }, 'second signal: leaving at once');
      exit(signal === 'SIGINT' ? 130 : 143);
      return;
    }
    leaving = true;
    log.info({ signal, grace_ms: graceMs }, 'shutting down');
    const timer = setTimeout(() => {
      log.error({ grace_ms: graceMs }, 'shutdown took longer than its grace');
      exit(1);
    }, graceMs);
    drain(signal).then(
      () => {
        clearTimeout(timer);
        log.info({}, 'shut down');
        exit(0);
      },
      (error: unknown) => {
        clearTimeout(timer);
        log.error({ err: error }, 'shutdown failed');
        exit(1);
      },
    );
  };
  const onUncaught = (error: unknown): void => {
    log.error({ err: error }, 'uncaught error: leaving, because the state of the process is unknown');
    exit(1);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('uncaughtException', onUncaught);
    process.off('unhandledRejection', onUncaught);
  };
}
