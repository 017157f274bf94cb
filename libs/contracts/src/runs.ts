import { z } from 'zod';

/** Run status of the LangGraph Agent Server protocol. */
export const RUN_STATUSES = ['pending', 'running', 'error', 'success', 'timeout', 'interrupted'] as const;
/** See {@link RUN_STATUSES}. */
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Thread status of the LangGraph Agent Server protocol. */
export const THREAD_STATUSES = ['idle', 'busy', 'interrupted', 'error'] as const;
/** See {@link THREAD_STATUSES}. */
export type ThreadStatus = (typeof THREAD_STATUSES)[number];

/** What happens to a run created while another one of its thread is active. */
export const MULTITASK_STRATEGIES = ['reject', 'enqueue', 'interrupt', 'rollback'] as const;
/** See {@link MULTITASK_STRATEGIES}. */
export type MultitaskStrategy = (typeof MULTITASK_STRATEGIES)[number];

/** How a run ended, as the runtime reports it; `cancelled` is `interrupted` in the protocol's status. */
export const RUN_ENDS = ['success', 'error', 'interrupted', 'cancelled', 'timeout'] as const;
/** See {@link RUN_ENDS}. */
export type RunEndStatus = (typeof RUN_ENDS)[number];

/** Maps the runtime's end to the protocol's status: LangGraph knows no `cancelled`. */
export function runStatusOf(end: RunEndStatus): RunStatus {
  return end === 'cancelled' ? 'interrupted' : end;
}

/** True for a status that no event follows. */
export function isTerminal(status: RunStatus): boolean {
  return status !== 'pending' && status !== 'running';
}

/** Why a run failed, as stored and shown. */
export const runErrorSchema = z.object({ code: z.string(), message: z.string(), kind: z.string() });
/** See {@link runErrorSchema}. */
export type RunError = z.infer<typeof runErrorSchema>;

/** A question of a graph to a person (`interrupt()` of LangGraph). */
export const interruptSchema = z.object({
  id: z.string().optional(),
  /** Missing when the graph called `interrupt()` with nothing. */
  value: z.unknown().optional(),
  ns: z.array(z.string()).optional(),
  when: z.string().optional(),
  resumable: z.boolean().optional(),
});
/** See {@link interruptSchema}. */
export type Interrupt = z.infer<typeof interruptSchema>;
