import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebpackCompilation, WebpackCompiler } from './webpack.ts';

const SANDBOX = join(import.meta.dirname, '../workflow/sandbox');
const IDS = join(SANDBOX, 'ids.ts');
const LANGSMITH = join(SANDBOX, 'langsmith.ts');
const STRIP_ERRORS = join(import.meta.dirname, 'strip-errors.cjs');

const ERRORS_FILE = /[\\/]@langchain[\\/]langgraph[\\/]dist[\\/]errors\.js$/;
const ID_EXPORTS = /export\s*\{\s*uuid5,\s*uuid6\s*\}/;
const NAME = 'SandboxPatches';

/** Requests that get the LangSmith stand-in. */
export const LANGSMITH_ALIASES: Readonly<Record<string, string>> = {
  'langsmith/run_trees$': LANGSMITH,
  'langsmith/singletons/traceable$': LANGSMITH,
  langsmith$: LANGSMITH,
};

/** The module that adds to a sandbox's globals what LangChain expects of them; to be imported first. */
export const POLYFILLS = join(SANDBOX, 'install-polyfills.ts');

/** webpack rule for {@link STRIP_ERRORS}. */
export const STRIP_ERRORS_RULE = { test: ERRORS_FILE, loader: STRIP_ERRORS } as const;

/**
 * Replaces LangGraph's id module, and fails the build when a patch of third-party code no longer finds what it patches: a silent miss
 * would show as a nondeterminism error in production.
 */
export class SandboxPatches {
  apply(compiler: WebpackCompiler): void {
    let idsReplaced = 0;
    new compiler.webpack.NormalModuleReplacementPlugin(/^\.\/id\.js$/, (request: { context: string; request: string }) => {
      if (!/[\\/]@langchain[\\/]langgraph-checkpoint[\\/]/.test(request.context)) return;
      if (!ID_EXPORTS.test(readFileSync(join(request.context, 'id.js'), 'utf8'))) {
        throw new Error('SandboxPatches: langgraph-checkpoint/dist/id.js exports other names; review workflow/sandbox/ids.ts');
      }
      request.request = IDS;
      idsReplaced += 1;
    }).apply(compiler);
    compiler.hooks.compilation.tap(NAME, (compilation: WebpackCompilation) => {
      compilation.hooks.finishModules.tap(NAME, (modules) => {
        for (const problem of missedPatches([...modules].map(fileOf), idsReplaced)) {
          compilation.errors.push(new compiler.webpack.WebpackError(`SandboxPatches: ${problem}`));
        }
      });
    });
  }
}

function missedPatches(files: readonly string[], idsReplaced: number): string[] {
  const problems: string[] = [];
  if (idsReplaced === 0) problems.push('nothing imports langgraph-checkpoint/dist/id.js any more; its counters may leak from elsewhere');
  if (!files.some((file) => ERRORS_FILE.test(file))) problems.push('langgraph/dist/errors.js is gone; EmptyChannelError is somewhere else');
  if (!files.includes(LANGSMITH)) problems.push('nothing imports langsmith by the aliased names any more');
  const real = files.find((file) => /[\\/]node_modules[\\/]langsmith[\\/]/.test(file));
  if (real !== undefined) problems.push(`the real langsmith got into the bundle: ${real}`);
  return problems;
}

function fileOf(module: object): string {
  const { resource } = module as { resource?: unknown };
  return typeof resource === 'string' ? resource : '';
}
