/** Name of the Worker Deployment of the agents' workers; its versions are builds of the workflow bundle. */
export const WORKER_DEPLOYMENT = 'holdfast-worker';
