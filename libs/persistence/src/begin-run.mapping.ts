import { z } from 'zod';
import type { BeginRunReply } from './journal.types';
import { DEFAULT_RECURSION_LIMIT, runKwargs } from './run-kwargs.schema';

const go = z.object({
  kind: z.literal('go'),
  /** False when the same workflow run asked before. */
  written: z.boolean(),
  seq: z.number().int(),
  graph_id: z.string(),
  kwargs: runKwargs,
  has_state: z.boolean(),
  last_commit: z.number().int(),
  step: z.number().int(),
  forked: z.boolean(),
  called: z.array(z.string()),
});

const after = z.object({
  kind: z.literal('after'),
  runs: z.array(z.object({ runId: z.string(), graphId: z.string(), traceparent: z.string().nullable() })),
});

/** What executions.begin_run returns. */
export const beginRunRow = z.object({
  reply: z.discriminatedUnion('kind', [z.object({ kind: z.literal('skip'), reason: z.enum(['terminal', 'unknown']) }), after, go]),
  saved: z.string().nullable(),
});

/** The runtime's view of the runs that come first. */
export function toAfterReply(row: z.infer<typeof after>): Extract<BeginRunReply, { kind: 'after' }> {
  return { kind: 'after', runs: row.runs.map(({ traceparent, ...run }) => (traceparent === null ? run : { ...run, traceparent })) };
}

/** The runtime's view of a run that is to be driven. Once the run has stored state, its input and command have been applied. */
export function toBeginRunReply(row: z.infer<typeof go>, saved: string | null): Extract<BeginRunReply, { kind: 'go' }> {
  const { kwargs } = row;
  const fresh = !row.has_state;
  return {
    kind: 'go',
    graphId: row.graph_id,
    input: fresh ? (kwargs.input ?? null) : null,
    ...(fresh && kwargs.command ? { command: present(kwargs.command) } : {}),
    config: {
      recursionLimit: kwargs.config?.recursion_limit ?? DEFAULT_RECURSION_LIMIT,
      configurable: kwargs.config?.configurable ?? {},
      tags: kwargs.config?.tags ?? [],
    },
    context: kwargs.context ?? {},
    interruptBefore: kwargs.interrupt_before ?? null,
    interruptAfter: kwargs.interrupt_after ?? null,
    durability: kwargs.durability ?? 'async',
    saved,
    step: row.step,
    lastCommit: row.last_commit,
    forked: row.forked,
    called: row.called,
    ...(kwargs.compensate ? { compensation: { reason: kwargs.compensate.reason, begun: false } } : {}),
  };
}

/** Only what the request named: `resume: null` is an answer, an absent `resume` is none. */
function present(command: { resume?: unknown; update?: unknown; goto?: unknown }): { resume?: unknown; update?: unknown; goto?: unknown } {
  const { resume, update, goto } = command;
  return {
    ...('resume' in command && resume !== undefined ? { resume } : {}),
    ...(update === undefined || update === null ? {} : { update }),
    ...(goto === undefined || goto === null ? {} : { goto }),
  };
}
