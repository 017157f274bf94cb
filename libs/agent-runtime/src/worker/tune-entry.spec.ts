import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Context } from 'node:vm';

const load = createRequire(import.meta.url);
const vm = load('node:vm') as { runInContext: (code: string, context: Context) => unknown; createContext: typeof import('node:vm').createContext };
const { isEntry, quickenEntry } = load('./tune-entry.cjs') as { isEntry(code: string): boolean; quickenEntry(): void };

/** The script by which the SDK defines its entry, as it stands in its source. */
function sdkScript(): string {
  const source = readFileSync(load.resolve('@temporalio/worker/lib/workflow/reusable-vm.js'), 'utf8');
  return /function generateCallIntoScopeScript\(\) \{\s*return `(.*?)`;/s.exec(source)?.[1] ?? '';
}

interface Workflow {
  bag: unknown;
}

/** A context with the SDK's entry, or with ours in its place. */
function world(): { enter(): Workflow; run(workflow: Workflow, code: string): unknown } {
  const context = vm.createContext({});
  vm.runInContext(sdkScript(), context);
  vm.runInContext('globalThis.__TEMPORAL__ = { api: { run: (code) => (0, eval)(code) } }; globalThis.shared = "pristine";', context);
  const bag = vm.runInContext('Object.getOwnPropertyDescriptors(globalThis)', context);
  return {
    enter: () => ({ bag }),
    run: (workflow, code) => {
      (context as Record<string, unknown>)['__temporal_args'] = [workflow, 'run', [code]];
      return vm.runInContext('__TEMPORAL_CALL_INTO_SCOPE()', context);
    },
  };
}

/** What two workflows see that do all that one can do to globals, in turns. */
function seen(): unknown[] {
  const { enter, run } = world();
  const [a, b] = [enter(), enter()];
  const look = `JSON.stringify([typeof own, typeof late, shared, Array.name, typeof Map, typeof __TEMPORAL_BAG_HOLDER__ !== 'unknown',
    Object.keys(Object.getOwnPropertyDescriptor(globalThis, 'own') ?? {}), typeof fixed, globalThis.other])`;
  return [
    run(a, look),
    run(a, 'globalThis.own = "a"; shared = "a"; globalThis.Array = class MyArray {}; delete globalThis.Map; globalThis.other = 1;'),
    run(b, look),
    run(b, 'Object.defineProperty(globalThis, "own", { get: () => "of b", configurable: true }); globalThis.late = 1;'),
    run(a, look),
    run(a, 'own + delete globalThis.other'),
    run(b, 'own'),
    run(b, look),
    run(a, look),
    run(enter(), look),
  ];
}

describe('the entry into a workflow', () => {
  const original = vm.runInContext;
  afterEach(() => {
    vm.runInContext = original;
  });

  it('is in the place of the SDK\'s, which is as we know it', () => {
    expect(isEntry(sdkScript())).toBe(true);
    expect(isEntry(sdkScript().replace('fn, args', 'args, fn'))).toBe(false);
  });

  it('shows each workflow the globals that the SDK\'s would', () => {
    const theirs = seen();
    quickenEntry();
    expect(vm.runInContext).not.toBe(original);
    expect(seen()).toEqual(theirs);
    expect(new Set(theirs).size).toBeGreaterThan(4);
  });
});
