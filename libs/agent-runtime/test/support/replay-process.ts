/*
 * Replays all histories in a process with the tuning of a real worker (promise hooks make a replay five times slower). Arguments: file
 * of the bundle, folder of the histories; prints the results as JSON. Runs by Node's type stripping.
 */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { readHistories } from '../../src/replay/corpus.ts';
import { replayHistories } from '../../src/replay/replay.ts';

const [bundlePath, folder] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR') });
const histories = await readHistories(folder!);
// Both orders: nothing may leak from one workflow into the next.
const results = await replayHistories(bundlePath!, [...histories, ...[...histories].reverse()]);
process.stdout.write(JSON.stringify(results.map(({ name, error }) => ({ name, error: error?.message }))));
process.exit(0);
