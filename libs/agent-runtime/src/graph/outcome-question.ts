/** What a person is asked about a call whose outcome nobody knows: the value of the interrupt. */
export interface UnknownOutcomeQuestion {
  readonly kind: 'tool-outcome-unknown';
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly tool_call_id: string;
  /** Why nobody knows. */
  readonly reason: string;
  /** What was wrong with the answer before; it is asked again then. */
  readonly problem?: string;
}

interface Decided {
  /** The call that is meant, from the question. Needed when several calls of a node wait for an answer. */
  readonly tool_call_id?: string;
}

/** What a person may answer: the value to resume with. */
export type UnknownOutcomeDecision = Decided &
  (
    | {
        readonly decision: 'happened';
        /** What the model reads as the tool's answer. */
        readonly result?: string;
      }
    | { readonly decision: 'failed'; readonly result?: string }
    /** Call the tool again. */
    | { readonly decision: 'repeat' }
  );

/** What a person has answered; undefined for anything else. By hand: a schema library would double the workflow bundle. */
export function decisionOf(answer: unknown): UnknownOutcomeDecision | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { decision, result, tool_call_id: meant } = answer as Readonly<Record<string, unknown>>;
  if (!isTextOrNone(result) || !isTextOrNone(meant)) return undefined;
  const call = meant === undefined ? {} : { tool_call_id: meant };
  if (decision === 'repeat') return { ...call, decision };
  if (decision === 'happened' || decision === 'failed') return { ...call, decision, ...(result === undefined ? {} : { result }) };
  return undefined;
}

function isTextOrNone(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
