export { type BootstrapSettings, type RunningApp, bootstrapApp } from './bootstrap/bootstrap';
export { RepeatingRound, type RepeatingRoundSettings } from './bootstrap/repeating-round';
export { ShutdownSignal, type ShutdownSettings, installShutdown } from './bootstrap/shutdown';
export { ShutdownModule } from './bootstrap/shutdown.module';
export {
  type ConfigExit,
  type ConfigProblem,
  type ConfigResult,
  type Environment,
  defineConfig,
  parseConfig,
} from './config/define-config';
export { BackgroundConnector, type ConnectorSettings, type ConnectorState } from './connector/background-connector';
export type { DependencyCheck, MissingDependency } from './health/dependency-check';
export { HealthModule, type HealthModuleAsyncSettings } from './health/health.module';
export { HealthRegistry, type HealthRegistrySettings } from './health/health-registry';
export { type LogContext, addLogContext, currentLogContext, runWithLogContext } from './logging/log-context';
export { type LogSink, type LoggerSettings, createLogger } from './logging/logger';
export { LoggingModule, ROOT_LOGGER } from './logging/logging.module';
export { type MetricSettings, counter, gauge, histogram } from './metrics/metrics';
export { MetricsModule } from './metrics/metrics.module';
export { type StoredMetricSettings, type StoredValue, storedMetric } from './metrics/stored-metric';
export { type Problem, type ProblemReply, toProblem } from './problem/problem';
export { ProblemFilter } from './problem/problem.filter';
