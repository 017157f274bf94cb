import type { GraphDefinition } from '@holdfast/agent-runtime/graph';
import { threeCalls } from './benchmark/three-calls.graph';
import { branchAndLoop } from './branch-and-loop/branch-and-loop.graph';
import { coordinator } from './coordinator/coordinator.graph';
import { debate } from './debate/debate.graph';
import { generateApproveExecute } from './generate-approve-execute/generate-approve-execute.graph';
import { mapReduce } from './map-reduce/map-reduce.graph';
import { planExecuteReview } from './plan-execute-review/plan-execute-review.graph';
import { react } from './react/react.graph';
import { saga } from './saga/saga.graph';
import { structuredOutput } from './structured-output/structured-output.graph';
import { subGraphs } from './sub-graphs/sub-graphs.graph';
import { supervisor } from './supervisor/supervisor.graph';
import { swarm } from './swarm/swarm.graph';
import { waits } from './waits/waits.graph';

/** Every graph of this build; each becomes an assistant. */
export const GRAPHS: readonly GraphDefinition[] = [
  planExecuteReview,
  react,
  generateApproveExecute,
  mapReduce,
  debate,
  supervisor,
  coordinator,
  swarm,
  subGraphs,
  branchAndLoop,
  saga,
  structuredOutput,
  waits,
  threeCalls,
];
