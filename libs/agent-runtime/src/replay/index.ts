export { BuildRecordedError, type RecordedBuild, addBuild, folderOf, readBuild, readBuilds, readHistories } from './corpus.ts';
export type { RecordedHistory } from './history-files.ts';
export { type ReplayResult, replayHistories } from './replay.ts';
