/*
 * Runs under plain Node (tools/app-bundle/build-app.mjs strips the types), so this file and what it imports name each other with `.ts`.
 */
import { createHash } from 'node:crypto';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { LangGraphPlugin } from './plugin.ts';

/** What goes into a workflow bundle. */
export interface WorkflowBundleSources {
  /** Absolute path of the module that exports the workflows. */
  readonly workflowsPath: string;
  /** Absolute paths of the modules that register graphs. */
  readonly graphModules: readonly string[];
}

/** A workflow bundle. */
export interface WorkflowBundle {
  /** JavaScript for `workflowBundle: { code }` or a file for `codePath`. */
  readonly code: string;
  /** SHA-256 of the code without its source map (which holds absolute paths), hex: the build id of workers that run it. */
  readonly buildId: string;
}

/**
 * Builds the workflow bundle; takes some seconds.
 * @throws Error when webpack fails, a forbidden module gets in, or a patch no longer finds what it patches.
 */
export async function buildWorkflowBundle({ workflowsPath, graphModules }: WorkflowBundleSources): Promise<WorkflowBundle> {
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    plugins: [new LangGraphPlugin({ graphModules })],
    logger: new DefaultLogger('ERROR', ({ message }) => process.stderr.write(`${message}\n`)),
  });
  return { code, buildId: buildIdOf(code) };
}

/** See {@link WorkflowBundle.buildId}. */
export function buildIdOf(code: string): string {
  return createHash('sha256').update(code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '')).digest('hex');
}
