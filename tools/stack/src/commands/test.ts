import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Progress, seconds } from '../kit/progress.ts';
import { homeLayout } from '../layout.ts';
import { testEnvironment } from '../start/addresses.ts';
import { HomeInUseError, ownerOf } from '../start/open-home.ts';
import { STOP_GROUPS } from '../start/start-servers.ts';
import { startStack, type RunningStack } from '../start/start-stack.ts';
import type { Settings } from '../settings.ts';
import { baseEnvironment } from '../servers/stack-context.ts';
import { endLeftovers } from '../supervise/leftovers.ts';
import { runJest } from '../testing/jest-steps.ts';
import { checkCode, testUnits } from '../testing/nx-steps.ts';
import { prefetchServers } from '../testing/prefetch.ts';
import { findProjects } from '../testing/projects.ts';
import { addSums, CRASHED, formatSums, NO_RESULTS, type Sums } from '../testing/sums.ts';
import type { TestContext } from '../testing/test-context.ts';
import { testSettings } from '../testing/test-settings.ts';
import { ExitCode } from './exit-codes.ts';
import type { TestSelection } from './parse-command.ts';
import { describeError } from './show-error.ts';
import { onStopRequest } from './stop-signal.ts';

const INT_TIMEOUT_MS = 10 * 60_000;
const E2E_TIMEOUT_MS = 20 * 60_000;

/** `npm test`: lint, type check, unit, replay, integration and end-to-end tests; the last line holds the sums. */
export async function testCommand(own: Settings, flags: { only: TestSelection | undefined }): Promise<number> {
  const stop = onStopRequest(() => process.exit(ExitCode.interrupted));
  const progress = new Progress(process.stdout);
  const settings = await testSettings(own.checkout, own.env);
  await clearHome(settings);
  const step: Progress['step'] = (title, work, quietMs) => progress.step(title, work, quietMs);
  const context: TestContext = {
    settings,
    progress,
    signal: stop.signal,
    projects: findProjects(settings.checkout),
    env: { ...baseEnvironment({ settings, signal: stop.signal, step }), ...ciMark(own) },
    results: join(settings.home, 'results'),
  };
  mkdirSync(context.results, { recursive: true });
  const wants = (part: TestSelection): boolean => flags.only === undefined || flags.only === part;
  let sums: Sums = NO_RESULTS;
  const count = async (title: string, work: () => Promise<Sums>): Promise<void> => {
    const begun = performance.now();
    const result = await work().catch((error: unknown) => {
      stop.signal.throwIfAborted();
      progress.line(describeError(error));
      return CRASHED;
    });
    sums = addSums(sums, result);
    progress.line(`${result.failed === 0 ? '✓' : '✗'} ${title}: ${formatSums(result)} (${seconds(performance.now() - begun)})`);
  };
  try {
    const servers = flags.only === 'unit' ? Promise.resolve() : prefetchServers({ settings, signal: stop.signal, step });
    servers.catch(() => undefined);
    if (flags.only === undefined) await count('lint and type check', () => progress.step('Lint and type check', () => checkCode(context), Number.POSITIVE_INFINITY));
    if (wants('unit')) await count('unit and replay tests', () => progress.step('Unit and replay tests', () => testUnits(context), Number.POSITIVE_INFINITY));
    if (wants('int') || wants('e2e')) await withStack(context, servers, count, wants);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    progress.line('Ended before the tests were done.');
    sums = addSums(sums, CRASHED);
  }
  if (sums.failed === 0) rmSync(settings.home, { recursive: true, force: true });
  else progress.line(`Data, logs and reports are kept in ${settings.home}`);
  progress.line(formatSums(sums));
  return sums.failed === 0 ? ExitCode.ok : ExitCode.failed;
}

type Count = (title: string, work: () => Promise<Sums>) => Promise<void>;

async function withStack(context: TestContext, servers: Promise<void>, count: Count, wants: (part: TestSelection) => boolean): Promise<void> {
  let stack: RunningStack;
  try {
    await servers;
    stack = await startStack({ settings: context.settings, progress: context.progress, signal: context.signal });
  } catch (error) {
    context.signal.throwIfAborted();
    await count('the stack does not start', () => Promise.reject(error instanceof Error ? error : new Error(String(error))));
    return;
  }
  try {
    const env = testEnvironment(stack.addresses, stack.secrets);
    if (wants('int')) {
      await count('integration tests', () => runJest(context, { kind: 'int', configuration: 'jest.int.config.mjs', env, timeoutMs: INT_TIMEOUT_MS }));
    }
    if (wants('e2e')) {
      const whole = { ...env, HOLDFAST_URL: stack.apiUrl, HOLDFAST_API_KEY: stack.apiKey ?? '', HOLDFAST_HOME: context.settings.home };
      await count('end-to-end tests', () => runJest(context, { kind: 'e2e', configuration: 'jest.e2e.config.mjs', env: whole, timeoutMs: E2E_TIMEOUT_MS }));
    }
  } finally {
    await stack.stop();
  }
}

/** Every test run begins with empty data; what a failed one kept, or a killed one left running, goes first. */
async function clearHome(settings: Settings): Promise<void> {
  const layout = homeLayout(settings.home);
  const owner = ownerOf(layout);
  if (owner !== undefined) throw new HomeInUseError(settings.home, owner);
  await endLeftovers(layout.pids, STOP_GROUPS);
  rmSync(settings.home, { recursive: true, force: true });
}

function ciMark(settings: Settings): Record<string, string> {
  const mark = settings.env['CI'];
  return mark === undefined ? {} : { CI: mark };
}
