import type { LogSink } from '../logging/logger';
import type { DependencyCheck, MissingDependency } from './dependency-check';

/** Options of {@link HealthRegistry}. */
export interface HealthRegistrySettings {
  /** How long one check may take, in ms. Default 1000. */
  readonly timeoutMs?: number;
  /** How long an outcome is re-used, in ms; bounds the load that probes can make. Default 500. */
  readonly cacheMs?: number;
  /** Monotonic clock, in ms. */
  readonly now?: () => number;
}

/** Readiness of the app: the checks of its dependencies, evaluated together, briefly cached, one evaluation at a time. */
export class HealthRegistry {
  private readonly checks = new Map<string, DependencyCheck>();
  private readonly timeoutMs: number;
  private readonly cacheMs: number;
  private readonly now: () => number;
  private cached: { at: number; missing: readonly MissingDependency[] } | undefined;
  private running: Promise<readonly MissingDependency[]> | undefined;
  private lastSeen = new Map<string, string>();
  private draining = false;

  constructor(
    private readonly log: LogSink,
    settings: HealthRegistrySettings = {},
  ) {
    this.timeoutMs = settings.timeoutMs ?? 1000;
    this.cacheMs = settings.cacheMs ?? 500;
    this.now = settings.now ?? (() => performance.now());
  }

  /** Adds a dependency; a second one with the same name replaces the first. */
  add(check: DependencyCheck): void {
    this.checks.set(check.name, check);
    this.cached = undefined;
  }

  /** From now on the app is not ready: it is going away and takes no new work. */
  drain(): void {
    this.draining = true;
  }

  /** What is missing now; empty means ready. */
  async missing(): Promise<readonly MissingDependency[]> {
    if (this.draining) return [{ name: 'process', reason: 'shutting down' }];
    if (this.cached !== undefined && this.now() - this.cached.at < this.cacheMs) return this.cached.missing;
    this.running ??= this.evaluate().finally(() => (this.running = undefined));
    return this.running;
  }

  private async evaluate(): Promise<readonly MissingDependency[]> {
    const outcomes = await Promise.all([...this.checks.values()].map((check) => this.probe(check)));
    const missing = outcomes.filter((outcome) => outcome !== undefined);
    this.report(missing);
    this.cached = { at: this.now(), missing };
    return missing;
  }

  private async probe(check: DependencyCheck): Promise<MissingDependency | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error('the check took too long'), { code: 'timeout' })), this.timeoutMs);
    });
    try {
      await Promise.race([check.check(), timeout]);
      return undefined;
    } catch (error) {
      return { name: check.name, reason: reasonOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  private report(missing: readonly MissingDependency[]): void {
    const current = new Map(missing.map(({ name, reason }) => [name, reason]));
    for (const [name, reason] of current) {
      if (!this.lastSeen.has(name)) this.log.warn({ dependency: name, reason }, `not ready: ${name} is away (${reason})`);
    }
    for (const name of this.lastSeen.keys()) {
      if (!current.has(name)) this.log.info({ dependency: name }, `${name} is back`);
    }
    this.lastSeen = current;
  }
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[\w.-]{1,40}$/.test(code) ? code : 'failed';
}
