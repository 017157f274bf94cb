import type { WebpackCompilation, WebpackCompiler } from './webpack.ts';

/**
 * Globals that never change in a sandbox. Each read of a free global in a vm context goes through a C++ interceptor and is never
 * inline-cached; a `const` of the bundle's own function is an ordinary variable (a third less CPU per run).
 * Left out on purpose, because the SDK replaces them per workflow: Date, setTimeout, clearTimeout, WeakRef, FinalizationRegistry,
 * console.
 */
const HOISTED = [
  'Object', 'Array', 'Promise', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Symbol', 'JSON', 'Math', 'Error', 'TypeError', 'RangeError',
  'AggregateError', 'Number', 'String', 'Boolean', 'BigInt', 'RegExp', 'Reflect', 'Proxy', 'Function', 'Uint8Array', 'ArrayBuffer',
  'AbortController', 'TextEncoder', 'TextDecoder', 'parseInt', 'isNaN',
]; // prettier-ignore

const MARKER = '(() => { // webpackBootstrap';
const NAME = 'HoistGlobals';

/**
 * Declares the globals at the top of the bundle, and `process` and `Deno` as undefined, for which LangChain probes at every merge of a
 * config. Fails the build when webpack's bootstrap looks different.
 */
export class HoistGlobals {
  apply(compiler: WebpackCompiler): void {
    compiler.hooks.compilation.tap(NAME, (compilation: WebpackCompilation) => {
      const { Compilation, sources } = compiler.webpack;
      compilation.hooks.processAssets.tap({ name: NAME, stage: Compilation.PROCESS_ASSETS_STAGE_ADDITIONS }, (assets) => {
        for (const [name, source] of Object.entries(assets)) {
          const at = String(source.source()).indexOf(MARKER);
          if (at < 0) throw new Error('HoistGlobals: webpack no longer writes its bootstrap marker; review hoist-globals.ts');
          const replaced = new sources.ReplaceSource(source);
          // On the marker's line, so that the source map stays right.
          replaced.insert(at + '(() => {'.length, ` const { ${HOISTED.join(', ')} } = globalThis, process = undefined, Deno = undefined;`);
          compilation.updateAsset(name, replaced);
        }
      });
    });
  }
}
