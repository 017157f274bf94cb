import { Worker } from '@temporalio/worker';
import { LangGraphPlugin } from '../worker/plugin.ts';
import type { RecordedHistory } from './history-files.ts';

/** Result of one replay. */
export interface ReplayResult {
  readonly name: string;
  /** Undefined when the code does what the history says. */
  readonly error?: Error;
}

/**
 * Replays histories on a workflow bundle, in order, without a server. A deviation means that workflows which are open at the time of
 * a deploy would get stuck on the new build.
 * @param bundlePath file with the code of a bundle
 */
export async function replayHistories(bundlePath: string, histories: readonly RecordedHistory[]): Promise<ReplayResult[]> {
  const options = { plugins: [new LangGraphPlugin({ bundle: { codePath: bundlePath } })], replayName: 'holdfast' };
  const results: ReplayResult[] = [];
  for await (const { error } of Worker.runReplayHistories(options, histories)) {
    const { name } = histories[results.length]!;
    results.push(error === undefined ? { name } : { name, error });
  }
  return results;
}
