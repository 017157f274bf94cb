import { z } from 'zod';
import { McpCallError } from './mcp-call-error';
import { cutTextBlock, placeholder, textOf, type ContentBlock } from './content-block';

/** A tool's answer, bounded, in the parts that callers use. */
export interface NormalisedResult {
  /** MCP content blocks as the server sent them; cut or replaced only beyond the limit. */
  readonly content: readonly ContentBlock[];
  /** MCP structuredContent; left out beyond the limit. */
  readonly structured?: unknown;
  /** The tool itself said that it failed; kept as it is. */
  readonly isError: boolean;
  /** The content as a model reads it. */
  readonly text: string;
  /** JSON size of content and structuredContent before anything was cut, bytes. */
  readonly bytes: number;
  readonly truncated: boolean;
}

/** Most that is passed on of a result's content, and again of its structuredContent. 256 KiB. */
export const RESULT_LIMIT_BYTES = 256 * 1024;

const MAX_BLOCKS = 1_000;

// Loose on purpose: unknown block types and extra fields pass through unread (a later revision of MCP may define them).
const rawResult = z.looseObject({
  content: z.array(z.looseObject({ type: z.string() })).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().default(false),
});

/**
 * Reads a raw `tools/call` result and bounds it.
 * @throws McpCallError INVALID_RESULT when it is none.
 */
export function normaliseResult(raw: unknown, limitBytes: number = RESULT_LIMIT_BYTES): NormalisedResult {
  const parsed = rawResult.safeParse(raw);
  if (!parsed.success) throw new McpCallError('INVALID_RESULT', 'The tool server answered with something that is no tool result.', { cause: parsed.error });
  const { content, structuredContent, isError } = parsed.data;
  const bounded = boundContent(content, limitBytes);
  const structuredBytes = structuredContent === undefined ? 0 : jsonBytes(structuredContent);
  const keepsStructured = structuredContent !== undefined && structuredBytes <= limitBytes;
  const bytes = bounded.bytes + structuredBytes;
  const truncated = bounded.truncated || structuredBytes > limitBytes;
  const body = bounded.content.length === 0 && keepsStructured ? JSON.stringify(structuredContent) : bounded.content.map(textOf).join('\n');
  return {
    content: bounded.content,
    ...(keepsStructured ? { structured: structuredContent } : {}),
    isError,
    text: truncated ? `${body}\n[The result was cut: it has ${bytes} bytes, more than is passed on.]` : body,
    bytes,
    truncated,
  };
}

function boundContent(content: readonly ContentBlock[], limitBytes: number): { content: ContentBlock[]; bytes: number; truncated: boolean } {
  const kept: ContentBlock[] = [];
  let left = limitBytes;
  let bytes = 0;
  let truncated = false;
  for (const block of content) {
    const size = jsonBytes(block);
    bytes += size;
    if (size <= left && kept.length < MAX_BLOCKS) {
      kept.push(block);
      left -= size;
      continue;
    }
    truncated = true;
    const smaller = kept.length < MAX_BLOCKS ? (cutTextBlock(block, left) ?? placeholder(block, size)) : undefined;
    if (smaller === undefined || jsonBytes(smaller) > left) continue;
    kept.push(smaller);
    left -= jsonBytes(smaller);
  }
  return { content: kept, bytes, truncated };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value), 'utf8');
}
