import type { StoredToolOutcome } from '@holdfast/persistence';
import { z } from 'zod';
import type { ToolAnswer } from '../pipeline/tool-answer';

type Blocks = ToolAnswer['content'];

const storedResult = z.object({
  text: z.string(),
  content: z.array(z.looseObject({ type: z.string() })).optional(),
  structured: z.unknown().optional(),
  cached: z.literal(true).optional(),
});

/** Result of a call that a router left behind which is gone, when the tool must not be called again. */
export const UNKNOWN_RESULT = JSON.stringify({
  text: 'The router that made this call was lost while the tool was running. It may or may not have taken effect; check before repeating it.',
});

const NOT_KEPT = JSON.stringify({ text: 'The result of this call was not kept.' });

/** What an answer is besides its outcome, as JSON text. In bounds, because answers are. */
export function encodeResult({ text, content, structured, cached }: ToolAnswer): string {
  return JSON.stringify({
    text,
    ...(isJust(text, content) ? {} : { content }),
    ...(structured === undefined ? {} : { structured }),
    ...(cached ? { cached } : {}),
  });
}

/** The answer that was stored, the same as when it was given. @throws ZodError, SyntaxError when it is none */
export function decodeAnswer({ outcome, result }: StoredToolOutcome, replayed: boolean): ToolAnswer {
  const { text, content, structured, cached } = storedResult.parse(JSON.parse(result ?? NOT_KEPT));
  return {
    outcome,
    text,
    content: content ?? [{ type: 'text', text }],
    ...(structured === undefined ? {} : { structured }),
    cached: cached ?? false,
    replayed,
  };
}

/** Most results are one text block, which need not be kept twice. */
function isJust(text: string, content: Blocks): boolean {
  const [block] = content;
  return content.length === 1 && block?.type === 'text' && block['text'] === text && Object.keys(block).length === 2;
}
