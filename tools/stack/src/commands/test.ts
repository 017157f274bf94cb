import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Progress, seconds } from '../kit/progress.ts';
import { homeLayout } from '../layout.ts';
import { baseEnvironment } from '../servers/stack-context.ts';
import type { Settings } from '../settings.ts';
import { HomeInUseError, ownerOf } from '../start/open-home.ts';
import { STOP_GROUPS } from '../start/start-servers.ts';
import { endLeftovers } from '../supervise/leftovers.ts';
import { checkCode, testUnits } from '../testing/nx-steps.ts';
import { prefetchServers } from '../testing/prefetch.ts';
import { findProjects } from '../testing/projects.ts';
import { testEndToEnd, testIntegration } from '../testing/stack-steps.ts';
import { addSums, crashed, formatSums, NO_RESULTS, type Sums } from '../testing/sums.ts';
import type { TestContext } from '../testing/test-context.ts';
import { testRoot, testSettings } from '../testing/test-settings.ts';
import { endNow } from './end-now.ts';
import { ExitCode } from './exit-codes.ts';
import type { TestSelection } from './parse-command.ts';
import { describeError } from './show-error.ts';
import { onStopRequest } from './stop-signal.ts';

/** `npm test`: lint, type check, unit, replay, integration and end-to-end tests; the last line holds the sums. */
export async function testCommand(own: Settings, flags: { only: TestSelection | undefined }): Promise<number> {
  const root = testRoot(own.checkout);
  const homes = { int: await testSettings(own.checkout, own.env, 'int'), e2e: await testSettings(own.checkout, own.env, 'e2e') };
  const stop = onStopRequest(() => endNow([homes.int.home, homes.e2e.home], ExitCode.interrupted));
  const progress = new Progress(process.stdout);
  await clearHomes(root, Object.values(homes));
  const step: Progress['step'] = (title, work, quietMs) => progress.step(title, work, quietMs);
  const install = { settings: homes.int, signal: stop.signal, step };
  const context: TestContext = {
    settings: homes.int,
    progress,
    signal: stop.signal,
    projects: findProjects(own.checkout),
    env: { ...baseEnvironment(install), ...ciMark(own) },
    results: join(root, 'results'),
  };
  mkdirSync(context.results, { recursive: true });
  const tally = new Tally(context);
  const wants = (part: TestSelection): boolean => flags.only === undefined || flags.only === part;
  const hidden = Number.POSITIVE_INFINITY;
  try {
    const servers = flags.only === 'unit' ? Promise.resolve() : prefetchServers(install);
    servers.catch(() => undefined);
    if (flags.only === undefined) await tally.count('lint and type check', () => step('Lint and type check', () => checkCode(context), hidden));
    if (wants('unit')) await tally.count('unit and replay tests', () => step('Unit and replay tests', () => testUnits(context), hidden));
    if (wants('int')) await tally.count('integration tests', () => servers.then(() => testIntegration(context, homes.int)));
    if (wants('e2e')) await tally.count('end-to-end tests', () => servers.then(() => testEndToEnd(context, homes.e2e)));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    progress.line('Ended before the tests were done.');
    tally.add(crashed('the test run was ended before it was done'));
  }
  const { sums } = tally;
  if (sums.failed === 0) rmSync(root, { recursive: true, force: true });
  else progress.line(`Failed:\n${sums.failures.map((failure) => `  - ${failure}`).join('\n')}\nData, logs and reports are kept in ${root}`);
  progress.line(formatSums(sums));
  return sums.failed === 0 ? ExitCode.ok : ExitCode.failed;
}

/** Adds the steps up; a step that throws counts as one failure and the next ones still run. */
class Tally {
  readonly #context: TestContext;
  sums: Sums = NO_RESULTS;

  constructor(context: TestContext) {
    this.#context = context;
  }

  add(sums: Sums): void {
    this.sums = addSums(this.sums, sums);
  }

  async count(title: string, work: () => Promise<Sums>): Promise<void> {
    const begun = performance.now();
    const result = await work().catch((error: unknown) => {
      this.#context.signal.throwIfAborted();
      this.#context.progress.line(describeError(error));
      return crashed(`${title}: ${describeError(error).split('\n', 1)[0] ?? ''}`);
    });
    this.add(result);
    this.#context.progress.line(`${result.failed === 0 ? '✓' : '✗'} ${title}: ${formatSums(result)} (${seconds(performance.now() - begun)})`);
  }
}

/** Every test run begins with empty data; what a failed one kept, or a killed one left running, goes first. */
async function clearHomes(root: string, homes: readonly Settings[]): Promise<void> {
  for (const { home } of homes) {
    const layout = homeLayout(home);
    const owner = ownerOf(layout);
    if (owner !== undefined) throw new HomeInUseError(home, owner);
    await endLeftovers(layout.pids, STOP_GROUPS);
  }
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
}

function ciMark(settings: Settings): Record<string, string> {
  const mark = settings.env['CI'];
  return mark === undefined ? {} : { CI: mark };
}
