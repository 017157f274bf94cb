import type { ToolOutcome } from '@holdfast/contracts/tools';
import { counter, gauge, histogram } from '@holdfast/nest-kit';
import type { McpServerState } from '@holdfast/mcp-adapters';

const DURATION_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];

/**
 * What the ledger made of a call besides a plain one. `joined`: it was under way here. `replayed`: it had finished. `repeated`: made again
 * after an attempt that was lost. `lost`: this attempt was. `unknown`: a dead router's, not made again. `in_flight`: another router is at it.
 * `fenced`: its claim had passed to another router. `conflict`: its id stands for another call.
 */
export type LedgerEvent = 'joined' | 'replayed' | 'repeated' | 'lost' | 'unknown' | 'in_flight' | 'fenced' | 'conflict';

/** What the router counts. Labels come from the catalogue, so there are only so many. */
export class ToolMetrics {
  readonly #calls = counter({ name: 'holdfast_tool_calls_total', help: 'Answered tool calls', labelNames: ['server', 'tool', 'status'] });
  readonly #refusals = counter({ name: 'holdfast_tool_refusals_total', help: 'Calls the router did not make, by reason', labelNames: ['server', 'tool', 'code'] });
  readonly #errors = counter({ name: 'holdfast_tool_call_errors_total', help: 'Calls that ended in an error for the caller instead of an answer', labelNames: ['code'] });
  readonly #durations = histogram({ name: 'holdfast_tool_call_duration_seconds', help: 'Wall time of a call in the router', labelNames: ['server', 'tool'], buckets: DURATION_BUCKETS });
  readonly #cache = counter({ name: 'holdfast_tool_cache_total', help: 'Look-ups in the result cache', labelNames: ['result'] });
  readonly #unrecorded = counter({ name: 'holdfast_tool_unrecorded_total', help: 'Effects that were answered before their outcome was stored' });
  readonly #ledger = counter({ name: 'holdfast_tool_ledger_total', help: 'Calls that the ledger did not simply let through', labelNames: ['server', 'tool', 'event'] });
  readonly #mismatches = counter({ name: 'holdfast_tool_output_mismatch_total', help: 'Structured results that broke the output schema', labelNames: ['server', 'tool'] });

  /**
   * Both are read whenever metrics are.
   * @param openCircuits number of tenants whose circuit is open, by server
   */
  constructor(states: () => readonly McpServerState[], openCircuits: () => ReadonlyMap<string, number>) {
    gauge({
      name: 'holdfast_tool_server_up',
      help: '1 while the tool server is connected',
      labelNames: ['server'],
      collect() {
        for (const { slug, status } of states()) this.set({ server: slug }, status === 'ready' ? 1 : 0);
      },
    });
    gauge({
      name: 'holdfast_tool_open_circuits',
      help: 'Tenants whose calls to the tool server are paused because it keeps failing',
      labelNames: ['server'],
      collect() {
        const open = openCircuits();
        for (const { slug } of states()) this.set({ server: slug }, open.get(slug) ?? 0);
      },
    });
  }

  /** A call was answered. */
  answered({ status, code, server, tool, duration_ms }: ToolOutcome): void {
    // A name that no catalogue holds is the caller's text: it must not become a label.
    const labels = code === 'TOOL_UNKNOWN' ? { server: 'none', tool: 'none' } : { server, tool };
    this.#calls.inc({ ...labels, status });
    this.#durations.observe(labels, duration_ms / 1_000);
    if (status === 'refused') this.#refusals.inc({ ...labels, code: code ?? 'none' });
  }

  /** A call ended in an error. */
  failed(code: string): void {
    this.#errors.inc({ code });
  }

  /** A look-up in the cache. */
  cacheLookup(hit: boolean): void {
    this.#cache.inc({ result: hit ? 'hit' : 'miss' });
  }

  /** The ledger had to do something with a call. */
  ledger(event: LedgerEvent, { server, tool }: Pick<ToolOutcome, 'server' | 'tool'>): void {
    this.#ledger.inc({ server, tool, event });
  }

  /** An effect whose outcome is not stored yet. */
  unrecorded(): void {
    this.#unrecorded.inc();
  }

  /** A structured result that broke its schema. */
  outputMismatch(server: string, tool: string): void {
    this.#mismatches.inc({ server, tool });
  }
}
