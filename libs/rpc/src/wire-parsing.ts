import { HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import { EFFECT_OF_WIRE, STATUS_OF_WIRE, type ToolCallResult, type ToolList, type WireEffect, type WireStatus } from './tool-messages';

const effect = z.enum(Object.keys(EFFECT_OF_WIRE) as [WireEffect, ...WireEffect[]]).transform((name) => EFFECT_OF_WIRE[name]);
const status = z.enum(Object.keys(STATUS_OF_WIRE) as [WireStatus, ...WireStatus[]]).transform((name) => STATUS_OF_WIRE[name]);

const listReply = z.object({
  tools: z.array(z.object({ name: z.string().min(1), description: z.string(), inputSchemaJson: z.string(), effect, server: z.string() })),
  catalogueVersion: z.string(),
  unavailableServers: z.array(z.string()),
});

const callReply = z.object({
  status,
  code: z.string(),
  contentJson: z.string(),
  structuredJson: z.string(),
  text: z.string(),
  truncated: z.boolean(),
  durationMs: z.number().nonnegative(),
  bytes: z.number().int().nonnegative(),
  server: z.string(),
  tool: z.string(),
  effect,
  argumentsSha256: z.string(),
  cached: z.boolean(),
  replayed: z.boolean(),
  repeated: z.boolean(),
});

const settleReply = z.object({ answer: z.unknown() });

const jsonObject = z.record(z.string(), z.unknown());
const jsonArray = z.array(z.unknown());

/** Reads a ListToolsResponse. @throws HoldfastError INTERNAL when the router broke the contract. */
export function parseListReply(reply: unknown): ToolList {
  return guarded(() => {
    const { tools, ...rest } = listReply.parse(reply);
    return {
      ...rest,
      tools: tools.map(({ inputSchemaJson, ...tool }) => ({ ...tool, inputSchema: jsonObject.parse(JSON.parse(inputSchemaJson)) })),
    };
  });
}

/** Reads a CallToolResponse. @throws HoldfastError INTERNAL when the router broke the contract. */
export function parseCallReply(reply: unknown): ToolCallResult {
  return guarded(() => {
    const r = callReply.parse(reply);
    return {
      outcome: {
        status: r.status,
        ...(r.code === '' ? {} : { code: r.code }),
        server: r.server,
        tool: r.tool,
        effect: r.effect,
        duration_ms: r.durationMs,
        bytes: r.bytes,
        truncated: r.truncated,
        arguments_sha256: r.argumentsSha256,
        ...(r.repeated ? { repeated: true as const } : {}),
      },
      text: r.text,
      ...(r.contentJson === '' ? {} : { content: jsonArray.parse(JSON.parse(r.contentJson)) }),
      ...(r.structuredJson === '' ? {} : { structured: JSON.parse(r.structuredJson) as unknown }),
      cached: r.cached,
      replayed: r.replayed,
    };
  });
}

/** Reads a SettleCallResponse. @throws HoldfastError INTERNAL when the router broke the contract. */
export function parseSettleReply(reply: unknown): ToolCallResult {
  return parseCallReply(guarded(() => settleReply.parse(reply)).answer);
}

function guarded<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new HoldfastError('INTERNAL', 'The tool router answered in a form this version does not know.', { cause });
  }
}
