export { canMove } from './can-move';
export { type BuildHealth, reasonToTakeBack } from './judgement';
export { type DeploymentState, type DeploymentVersion, type VersionStatus } from './deployment-state';
export { type BuildRecord, type BuildStore, type RollBack, previousBuild, rollBack } from './roll-back';
export { type OpenExecution, type WorkerDeploymentsOptions, STUCK_QUERY, WorkerDeployments } from './worker-deployments';
