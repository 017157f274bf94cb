import { runInContext } from 'node:vm';
import { sandboxContext } from './sandbox-globals.ts';

/** A rule on the code of a graph: an esquery selector, or the name of a global, with the reason that the author reads. */
type Rules = Readonly<Record<string, string>>;

const NO_IO = 'a workflow has no network; do it in a tool and call that with callTool';
const NO_NODE = 'a workflow sees nothing of Node';
const NO_FILES = 'a workflow has no files; bundle data as a module';
const NOT_THERE = 'it is not there in a workflow';

/** MAINTENANCE: libs/agent-runtime/src/workflow/sandbox/polyfills.ts, without the stream kinds that only throw. */
const POLYFILLED = ['AbortSignal', 'ReadableStream', 'crypto', 'queueMicrotask'];

/** Every global of this Node that the sandbox lacks; names with two underscores are what packages have put there. */
function missingGlobals(): Rules {
  const there = new Set(runInContext('Object.getOwnPropertyNames(globalThis)', sandboxContext()) as string[]);
  const missing = Object.getOwnPropertyNames(globalThis).filter((name) => !there.has(name) && !POLYFILLED.includes(name) && !name.startsWith('__'));
  return Object.fromEntries(missing.map((name) => [name, NOT_THERE]));
}

/** Globals that Temporal's sandbox lacks or that would do I/O there. */
export const REFUSED_GLOBALS: Rules = {
  ...missingGlobals(),
  fetch: NO_IO,
  XMLHttpRequest: NO_IO,
  WebSocket: NO_IO,
  EventSource: NO_IO,
  Request: NO_IO,
  Response: NO_IO,
  Headers: NO_IO,
  FormData: NO_IO,
  process: `${NO_NODE}, and no environment; take settings from config.configurable`,
  Buffer: `${NO_NODE}; use Uint8Array, TextEncoder and TextDecoder`,
  __dirname: NO_FILES,
  __filename: NO_FILES,
  setInterval: 'it would keep the workflow alive; loop in the graph',
  setImmediate: `${NOT_THERE}; await Promise.resolve() lets others go first`,
  structuredClone: `${NOT_THERE}; copy what you need, or JSON.parse(JSON.stringify(value))`,
  performance: `${NOT_THERE}; Date.now() gives the workflow's time`,
  global: `${NOT_THERE}; say globalThis`,
  localStorage: NOT_THERE,
  sessionStorage: NOT_THERE,
  Worker: NOT_THERE,
  WeakRef: 'when it is cleared depends on the garbage collector, so a replay goes another way',
  FinalizationRegistry: 'when it calls depends on the garbage collector, so a replay goes another way',
};

const RUNTIME_BRINGS = 'leave it out, the runtime brings its own';
const compileOption = (name: string): string =>
  `CallExpression[callee.property.name="compile"] > ObjectExpression > Property[key.name="${name}"]:not([value.raw=/^(true|false)$/]):not([value.type="Identifier"][value.name="undefined"])`;
const nodeOption = (name: string): string =>
  `CallExpression[callee.property.name="addNode"][arguments.length=3] > ObjectExpression:last-child > Property[key.name="${name}"]`;
const atTop = (selector: string): string => `${selector}:not(:function *):not(PropertyDefinition[static=false] *)`;
const NO_RUN_YET = 'at the top of a module there is no run yet; do it inside a node';

/** Code that cannot work in a workflow. */
export const REFUSED_SYNTAX: Rules = {
  [compileOption('checkpointer')]: `compile({ checkpointer }): ${RUNTIME_BRINGS}`,
  [compileOption('store')]: 'compile({ store }): a store does I/O',
  [compileOption('cache')]: 'compile({ cache }): a cache hides state from the history',
  [nodeOption('retryPolicy')]: 'retryPolicy of a node: Temporal owns retries; callModel and callTool are retried',
  [nodeOption('cachePolicy')]: 'cachePolicy of a node: a cache hides state from the history',
  [nodeOption('timeout')]: 'timeout of a node: it is a real timer; calls have deadlines of their own',
  'AssignmentExpression[left.property.name="stepTimeout"]': 'stepTimeout: it is a real timer; calls have deadlines of their own',
  'MemberExpression[object.name="AbortSignal"][property.name="timeout"]': 'AbortSignal.timeout: it is a real timer; calls have deadlines of their own',
  'MemberExpression[object.name="crypto"][property.name="subtle"]': `crypto.subtle: ${NOT_THERE}`,
  MetaProperty: `import.meta: ${NO_FILES}`,
  'ImportExpression[source.type!="Literal"]': 'import of a computed name: it cannot be bundled',
  'CallExpression[callee.name="require"][arguments.0.type!="Literal"]': 'require of a computed name: it cannot be bundled',
  [atTop('CallExpression[callee.object.name="Date"][callee.property.name="now"]')]: `Date.now(): ${NO_RUN_YET}`,
  [atTop('NewExpression[callee.name="Date"][arguments.length=0]')]: `new Date(): ${NO_RUN_YET}`,
  [atTop('CallExpression[callee.object.name="Math"][callee.property.name="random"]')]: `Math.random(): ${NO_RUN_YET}`,
  [atTop('CallExpression[callee.object.name="crypto"][callee.property.name=/^(randomUUID|getRandomValues)$/]')]: `random values: ${NO_RUN_YET}`,
  [atTop('CallExpression[callee.name="setTimeout"]')]: `setTimeout: ${NO_RUN_YET}`,
};

/** Globals that work, but hardly as meant. */
export const SUSPICIOUS_GLOBALS: Rules = {
  setTimeout: 'it becomes a durable timer with events in the history of the run, also where it only guards a promise',
};

const EMPTY_COLLECTION = 'VariableDeclaration > VariableDeclarator > NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet)$/][arguments.length=0]';

/** Code that works, but may mix runs. */
export const SUSPICIOUS_SYNTAX: Rules = {
  [`Program > ${EMPTY_COLLECTION}, Program > ExportNamedDeclaration > ${EMPTY_COLLECTION}`]:
    'a collection at the top of a module is shared by the runs of all tenants; keep what belongs to a run in its state',
  ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind=/^(let|var)$/] > VariableDeclarator':
    'a variable at the top of a module is shared by the runs of all tenants; keep what belongs to a run in its state',
};
