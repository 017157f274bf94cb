export { type RecordedHistory, readHistories, writeHistory } from './history-files.ts';
export { type ReplayResult, replayHistories } from './replay.ts';
