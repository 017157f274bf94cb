import type { Settings } from '../settings.ts';
import { copyDatabase } from '../servers/postgres-sql.ts';
import { testEnvironment, withDatabase } from '../start/addresses.ts';
import { startStack, type RunningStack } from '../start/start-stack.ts';
import { runJest } from './jest-steps.ts';
import type { Sums } from './sums.ts';
import type { TestContext } from './test-context.ts';

/** Longest the tests of one project may take, in milliseconds. */
const PROJECT_TIMEOUT_MS = 20 * 60_000;

/**
 * Integration tests of every project, against the servers alone: our apps would take part in what the tests do (relay
 * their journal rows, poll their task queue). Each project gets a database of its own: what one leaves unfinished is no
 * other's business.
 */
export async function testIntegration(context: TestContext, settings: Settings): Promise<Sums> {
  return withStack(context, settings, true, (stack) =>
    runJest(context, {
      kind: 'int',
      configuration: 'jest.int.config.mjs',
      environmentFor: async (name) => {
        const database = `holdfast_${name.replaceAll('-', '_')}`;
        await copyDatabase(stack.addresses.postgresSuperuser, settings.checkout, database);
        return testEnvironment(withDatabase(stack.addresses, database), stack.secrets);
      },
      timeoutMs: PROJECT_TIMEOUT_MS,
    }),
  );
}

/** End-to-end tests, against servers and apps with data of their own. */
export async function testEndToEnd(context: TestContext, settings: Settings): Promise<Sums> {
  return withStack(context, settings, false, (stack) =>
    runJest(context, {
      kind: 'e2e',
      configuration: 'jest.e2e.config.mjs',
      environmentFor: async () => ({
        ...testEnvironment(stack.addresses, stack.secrets),
        HOLDFAST_URL: stack.apiUrl,
        HOLDFAST_API_KEY: stack.apiKey ?? '',
        HOLDFAST_HOME: settings.home,
      }),
      timeoutMs: PROJECT_TIMEOUT_MS,
    }),
  );
}

async function withStack(
  context: TestContext,
  settings: Settings,
  serversOnly: boolean,
  work: (stack: RunningStack) => Promise<Sums>,
): Promise<Sums> {
  const stack = await startStack({ settings, progress: context.progress, signal: context.signal, serversOnly });
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}
