import type { Question } from './api';

const UNKNOWN = 'tool-outcome-unknown';

interface UnknownOutcome {
  readonly kind: typeof UNKNOWN;
  readonly tool_call_id: string;
  readonly args: { readonly key: string };
}

/** What graphs and runtime call a question. */
export function kindOf({ value }: Question): unknown {
  return (value as { readonly kind?: unknown } | null)?.kind;
}

/** Whether it is about a call whose outcome nobody knows: every run may ask that, whatever its plan. */
export function isUnknownOutcome(question: Question): boolean {
  return kindOf(question) === UNKNOWN;
}

/** What people answer, and what the verdict must know of it. */
export class Person {
  /** Keys of calls of which a person has said that they did not happen: nobody makes them any more. */
  readonly failed = new Set<string>();
  /** Calls whose outcome nobody but a person could find out. */
  asked = 0;

  /** @param countsOf asks the tools themselves */
  constructor(private readonly countsOf: () => Promise<Readonly<Record<string, number>>>) {}

  /** Answers by interrupt id. @throws Error for a question that no graph of the mix asks */
  async answer(questions: readonly Question[]): Promise<Record<string, unknown>> {
    const answers: Record<string, unknown> = {};
    for (const { id, value } of questions) answers[id] = await this.one(value as { readonly kind?: string });
    return answers;
  }

  private async one(question: { readonly kind?: string }): Promise<unknown> {
    switch (question.kind) {
      case 'chaos':
        return 'go on';
      case 'approval':
        return { decision: 'approve' };
      case 'review':
        return { decision: 'accept' };
      case UNKNOWN: {
        const { args, tool_call_id } = question as UnknownOutcome;
        this.asked += 1;
        // Calls of a round are made at once: several may wait for an answer.
        if (((await this.countsOf())[args.key] ?? 0) > 0) return { decision: 'happened', tool_call_id };
        this.failed.add(args.key);
        return { decision: 'failed', tool_call_id };
      }
      default:
        throw new Error(`nobody can answer ${JSON.stringify(question).slice(0, 300)}`);
    }
  }
}
