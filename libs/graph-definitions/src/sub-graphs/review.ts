import type { MessageContent } from '@langchain/core/messages';
import type { JsonSchema } from '@holdfast/agent-runtime/graph';
import { problemsOf } from '../building-blocks/schema-check';

/** What a person may answer. */
export type Review = { readonly decision: 'accept' } | { readonly decision: 'revise'; readonly remarks: string };

/** JSON Schema of {@link Review}; stands in the question. */
export const REVIEW: JsonSchema = {
  type: 'object',
  properties: {
    decision: { enum: ['accept', 'revise'] },
    remarks: { type: 'string', minLength: 1, maxLength: 1000, description: 'With revise: what to change; the writer reads it.' },
  },
  required: ['decision'],
  if: { properties: { decision: { const: 'revise' } } },
  then: { required: ['remarks'] },
};

/** What is put to the person: the value of the interrupt. */
export interface ReviewQuestion {
  readonly kind: 'review';
  readonly draft: MessageContent;
  readonly schema: JsonSchema;
  /** What was wrong with the answer before; absent the first time. */
  readonly problem?: string;
}

/** Reads an answer, or says what is wrong with it. */
export function readReview(answer: unknown): Review | { readonly problem: string } {
  const problems = problemsOf(REVIEW, answer ?? null);
  return problems.length === 0 ? (answer as Review) : { problem: problems.join(' ') };
}
