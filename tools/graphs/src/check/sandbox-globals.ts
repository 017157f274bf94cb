import assert from 'node:assert';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, Script, createContext } from 'node:vm';

const silent = (): void => undefined;

/** What the Temporal SDK gives a sandbox beside the language itself. MAINTENANCE: @temporalio/worker/lib/workflow/vm-shared.js. */
const GIVEN = { URL, URLSearchParams, assert, TextEncoder, TextDecoder, AbortController, AsyncLocalStorage, console: { log: silent, warn: silent, error: silent, info: silent, debug: silent } };

/** As long as no run has begun, time and chance refuse. MAINTENANCE: @temporalio/workflow/lib/global-overrides.js. */
const NO_RUN = new Script(`{
  const refuse = (what) => { throw new TypeError(what + ': before a run there is neither time nor chance; do it inside a node'); };
  const real = { Date, random: Math.random };
  globalThis.Date = function (...args) { return args.length > 0 ? new real.Date(...args) : refuse('new Date()'); };
  Object.assign(globalThis.Date, { now: () => refuse('Date.now()'), parse: real.Date.parse, UTC: real.Date.UTC, prototype: real.Date.prototype });
  Math.random = () => refuse('Math.random()');
  globalThis.setTimeout = () => refuse('setTimeout');
  globalThis.clearTimeout = () => undefined;
  globalThis.__beginRun = () => { globalThis.Date = real.Date; Math.random = real.random; };
}`);

/** A context like the one that workflow code lives in, before its first run. */
export function sandboxContext(): Context {
  const context = createContext({ ...GIVEN });
  NO_RUN.runInContext(context);
  return context;
}
