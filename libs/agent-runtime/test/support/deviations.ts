import { type RecordedHistory, replayHistories } from '../../src/replay';
import { testBundle } from './test-bundle';

/** Where this build would not follow these histories, by their names: empty, when it follows them all. @throws TypeError without a history */
export async function deviationsOf(histories: readonly RecordedHistory[]): Promise<readonly string[]> {
  if (histories.length === 0) throw new TypeError('there is no history to follow');
  const results = await replayHistories(await testBundle(), histories);
  return results.flatMap(({ name, error }) => (error === undefined ? [] : [`${name}: ${String(error)}`]));
}
