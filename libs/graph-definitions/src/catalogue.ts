import type { GraphDefinition } from '@holdfast/agent-runtime/graph';
import { threeCalls } from './benchmark/three-calls.graph';
import { planExecuteReview } from './plan-execute-review/plan-execute-review.graph';
import { approvalGate } from './testing-approval/approval-gate.graph';

/** Every graph of this build; each becomes an assistant. */
export const GRAPHS: readonly GraphDefinition[] = [planExecuteReview, threeCalls, approvalGate];
