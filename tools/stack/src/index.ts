export { startStack, type RunningStack, type StartOptions } from './start/start-stack.ts';
export { testEnvironment, type Addresses } from './start/addresses.ts';
export { readSettings, type Settings } from './settings.ts';
export { homeLayout, type HomeLayout } from './layout.ts';
export { Progress } from './kit/progress.ts';
export { parseEnvFile } from './kit/env-file.ts';
export { readEntries } from './supervise/read-entries.ts';
export type { ProcessEntry, ProcessState } from './supervise/process-spec.ts';
