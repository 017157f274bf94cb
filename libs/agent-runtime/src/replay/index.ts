export { type RecordedHistory, readHistories, writeHistory } from './history-files';
export { type ReplayResult, replayHistories } from './replay';
