export { BackgroundConnector, type ConnectorSettings, type ConnectorState } from './background-connector';
export { type PauseSettings, pauseFor, retryDelay } from './retry-delay';
export type { LogSink } from '../logging/logger';
export type { DependencyCheck } from '../health/dependency-check';
