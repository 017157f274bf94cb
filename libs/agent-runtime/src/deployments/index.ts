export { type DeploymentState, type DeploymentVersion, type VersionStatus } from './deployment-state';
export { type OpenExecution, type WorkerDeploymentsOptions, WorkerDeployments } from './worker-deployments';
