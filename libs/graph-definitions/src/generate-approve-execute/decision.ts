import type { JsonSchema } from '@holdfast/agent-runtime/graph';
import { problemsOf } from '../building-blocks/schema-check';
import type { Proposal } from './state';

/** What a person may answer. */
export type Decision =
  | { readonly decision: 'approve' }
  | { readonly decision: 'reject'; readonly reason: string }
  | { readonly decision: 'edit'; readonly args: Readonly<Record<string, unknown>> };

/** JSON Schema of {@link Decision}; stands in the question, so that a page can make its form of it. */
export const DECISION: JsonSchema = {
  type: 'object',
  properties: {
    decision: { enum: ['approve', 'reject', 'edit'] },
    reason: { type: 'string', minLength: 1, maxLength: 1000, description: 'With reject: why; the model reads it.' },
    args: { type: 'object', description: 'With edit: all arguments of the call, in place of the proposed ones.' },
  },
  required: ['decision'],
  allOf: [
    { if: { properties: { decision: { const: 'reject' } } }, then: { required: ['reason'] } },
    { if: { properties: { decision: { const: 'edit' } } }, then: { required: ['args'] } },
  ],
};

/** What is put to the person: the value of the interrupt. */
export interface ApprovalQuestion {
  readonly kind: 'approval';
  readonly tool: string;
  readonly args: Proposal['args'];
  /** Of the answer, the value to resume with. */
  readonly schema: JsonSchema;
  /** What was wrong with the answer before; absent the first time. */
  readonly problem?: string;
}

/** The question about a proposal. @param problem of the answer before, empty the first time */
export function questionAbout({ tool, args }: Proposal, problem: string): ApprovalQuestion {
  return { kind: 'approval', tool, args, schema: DECISION, ...(problem === '' ? {} : { problem }) };
}

/** Reads an answer, or says what is wrong with it. */
export function readDecision(answer: unknown): Decision | { readonly problem: string } {
  const problems = problemsOf(DECISION, answer ?? null);
  return problems.length === 0 ? (answer as Decision) : { problem: problems.join(' ') };
}
