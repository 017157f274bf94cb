import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { LogSink } from '@holdfast/nest-kit';
import { z } from 'zod';

/** What to build a workflow bundle from. */
export interface BundleSources {
  /** Root of the checkout that the worker runs in. */
  readonly checkout: string;
  /** Folder with a langgraph.json, relative to the checkout; undefined for Holdfast's own graphs alone. */
  readonly graphs: string | undefined;
  /** `HOLDFAST_HOME`, relative to the checkout. Default `.holdfast`. */
  readonly home: string | undefined;
}

const run = promisify(execFile);
/** webpack and the checks take about ten seconds on two cores. */
const BUILD_TIMEOUT_MS = 300_000;

const builtSchema = z.object({ bundle: z.string() });

/**
 * Builds the bundle with tools/graphs, which a deployed worker does not have: it gets its bundle by HOLDFAST_WORKFLOW_BUNDLE.
 * @returns the file of the bundle
 * @throws Error with the reasons when graphs are refused, or when there is no checkout
 */
export async function buildInCheckout({ checkout, graphs, home }: BundleSources, log: LogSink): Promise<string> {
  const tool = join(checkout, 'tools/graphs/src/main.ts');
  if (!existsSync(tool)) {
    throw new Error('HOLDFAST_GRAPHS needs a checkout of Holdfast: build there with `npm run build:graphs` and name the bundle in HOLDFAST_WORKFLOW_BUNDLE');
  }
  log.info({ graphs }, 'looking for the workflow bundle; building it takes some seconds');
  // bundles with graphs of somebody's folder belong to this stack, those of our own to the checkout
  const cache = graphs === undefined ? join(checkout, 'node_modules/.cache/holdfast') : resolve(checkout, home ?? '.holdfast', 'graphs');
  const folder = graphs === undefined ? [] : [resolve(checkout, graphs)];
  try {
    const { stdout, stderr } = await run(process.execPath, [tool, 'build', ...folder, '--cache', cache], { cwd: checkout, timeout: BUILD_TIMEOUT_MS });
    if (stderr.trim() !== '') log.warn({ graphs }, stderr.trim());
    return builtSchema.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).bundle;
  } catch (error) {
    const said = (error as { stderr?: unknown }).stderr;
    throw typeof said === 'string' && said.trim() !== '' ? new Error(`the workflow bundle cannot be built:\n${said.trim()}`) : error;
  }
}
