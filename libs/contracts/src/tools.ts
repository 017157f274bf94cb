import { z } from 'zod';

/** What a repeat of a tool call may do; the operator's catalogue declares it per tool (design.md §3 "Effects"). */
export const EFFECT_CLASSES = ['read', 'idempotent', 'compensatable', 'irreversible'] as const;
/** See {@link EFFECT_CLASSES}. */
export type EffectClass = (typeof EFFECT_CLASSES)[number];

/** `error`: the tool said no or failed; `refused`: the router did not call it. Both are results that the model reads. */
export const TOOL_STATUSES = ['ok', 'error', 'refused'] as const;
/** See {@link TOOL_STATUSES}. */
export type ToolStatus = (typeof TOOL_STATUSES)[number];

/** What is recorded of a tool call besides its content. */
export const toolOutcomeSchema = z.object({
  status: z.enum(TOOL_STATUSES),
  code: z.string().optional(),
  server: z.string(),
  tool: z.string(),
  effect: z.enum(EFFECT_CLASSES),
  /** Wall time in the router, milliseconds. */
  duration_ms: z.number().nonnegative(),
  /** Size of the result as text, bytes. */
  bytes: z.number().int().nonnegative(),
  truncated: z.boolean(),
  /** SHA-256 of the canonical JSON arguments (RFC 8785), hex. */
  arguments_sha256: z.string(),
  /** Present when the tool may have been called more than once: an earlier attempt was lost while it was under way. */
  repeated: z.literal(true).optional(),
});
/** See {@link toolOutcomeSchema}. */
export type ToolOutcome = z.infer<typeof toolOutcomeSchema>;
