/*
 * What the runs of a V8 context share, object by object, and whether anything of it is written. Runs by Node's type stripping.
 *
 * What is not seen: variables of modules that only functions reach, and private fields. What such a leak does to a run shows in what the run does.
 */
import { types } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import type { Sandbox } from './sandbox.ts';

type Key = string | symbol;

interface State {
  /** Values, of accessors their getters. */
  readonly properties: ReadonlyMap<Key, unknown>;
  /** Of a Map or Set. */
  readonly entries: ReadonlyMap<unknown, unknown>;
}

interface Seen {
  readonly path: string;
  readonly state: State;
}

const INTRINSICS = Object.getOwnPropertyNames(runInContext('globalThis', createContext()) as object);

/** The shared objects of a sandbox. */
export class SharedObjects {
  /** Writes that were seen while they happened, also those that were taken back. */
  readonly #written = new Set<string>();
  readonly #objects = new Map<object, Seen>();

  /**
   * Takes stock: everything that the shared modules export, and what the given functions of them give out.
   * @param more further roots, by name
   */
  constructor(sandbox: Sandbox, more: Readonly<Record<string, unknown>>) {
    const intrinsic = new Set<object>();
    const context = sandbox.context as Record<string, unknown>;
    intrinsic.add(context).add(runInContext('globalThis', context) as object);
    for (const name of INTRINSICS) if (name !== 'globalThis') walk(`globalThis.${name}`, runInContext(name, context), (object) => mark(intrinsic, object));
    const roots = Object.entries(more);
    for (const module of sandbox.modules) {
      const exported = sandbox.exportsOf(module);
      if (exported === undefined) continue;
      roots.push([module, exported]);
      // Names of ES modules are getters of variables.
      for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
        if (get !== undefined) roots.push([`${module}#${name}`, get.call(exported)]);
      }
    }
    for (const [path, root] of roots) {
      walk(path, root, (object, at) => {
        if (intrinsic.has(object) || this.#objects.has(object)) return false;
        this.#objects.set(object, { path: at, state: stateOf(object) });
        return true;
      });
    }
  }

  /** How many objects there are. */
  get count(): number {
    return this.#objects.size;
  }

  /** From now on every write to a property that is there is noted, whether it stays or not. */
  setTraps(): void {
    for (const [object, { path }] of this.#objects) {
      // Elements of typed arrays are memory; that they are as they were is all that can be said.
      for (const [key, descriptor] of ArrayBuffer.isView(object) ? [] : descriptorsOf(object)) {
        if (!('value' in descriptor) || descriptor.configurable !== true || descriptor.writable !== true) continue;
        trap(object, key, descriptor, () => this.#written.add(`${path}.${String(key)}`));
      }
      this.#objects.set(object, { path, state: stateOf(object) });
    }
  }

  /** Paths of what was written since the stock was taken. */
  get written(): string[] {
    for (const [object, { path, state }] of this.#objects) {
      const now = stateOf(object);
      for (const key of changedKeys(state.properties, now.properties)) this.#written.add(`${path}.${String(key)}`);
      for (const key of changedKeys(state.entries, now.entries)) this.#written.add(`${path}<${nameOf(key)}>`);
    }
    return [...this.#written].sort();
  }
}

function mark(marked: Set<object>, object: object): boolean {
  if (marked.has(object)) return false;
  marked.add(object);
  return true;
}

/** Visits what can be reached from a value, breadth first, as long as the visitor says that an object is new. */
function walk(path: string, root: unknown, visit: (object: object, path: string) => boolean): void {
  const queue: [string, unknown][] = [[path, root]];
  for (let next = 0; next < queue.length; next += 1) {
    const [at, value] = queue[next]!;
    if (!isObject(value) || !isOfSandbox(value) || !visit(value, at)) continue;
    for (const [key, descriptor] of descriptorsOf(value)) if ('value' in descriptor) queue.push([`${at}.${String(key)}`, descriptor.value]);
    queue.push([`${at}.__proto__`, Object.getPrototypeOf(value)]);
    for (const [key, entry] of entriesOf(value)) queue.push([`${at}<${nameOf(key)}>`, entry], [`${at}<key ${nameOf(key)}>`, key]);
  }
}

/** Objects of this process itself, which the SDK hands in (URL, assert), are not of the sandbox. */
function isOfSandbox(value: object): boolean {
  return !(value instanceof Object);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function descriptorsOf(object: object): [Key, PropertyDescriptor][] {
  return Reflect.ownKeys(object).flatMap((key): [Key, PropertyDescriptor][] => {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    return descriptor === undefined ? [] : [[key, descriptor]];
  });
}

/** Entries of a Map or Set, whichever realm it is of. */
function entriesOf(object: object): [unknown, unknown][] {
  if (types.isMap(object)) return [...Map.prototype.entries.call(object)];
  return types.isSet(object) ? [...Set.prototype.values.call(object)].map((value): [unknown, unknown] => [value, value]) : [];
}

function stateOf(object: object): State {
  const properties = descriptorsOf(object).map(([key, descriptor]): [Key, unknown] => [key, 'value' in descriptor ? descriptor.value : descriptor.get]);
  return { properties: new Map(properties), entries: new Map(entriesOf(object)) };
}

function changedKeys<K>(before: ReadonlyMap<K, unknown>, now: ReadonlyMap<K, unknown>): K[] {
  return [...new Set([...before.keys(), ...now.keys()])].filter((key) => before.has(key) !== now.has(key) || !Object.is(before.get(key), now.get(key)));
}

function nameOf(key: unknown): string {
  if (typeof key === 'object' && key !== null) return 'object';
  return typeof key === 'function' ? `function ${key.name}` : String(key);
}

function trap(owner: object, key: Key, descriptor: PropertyDescriptor, onWrite: () => void): void {
  let { value } = descriptor as { value: unknown };
  Object.defineProperty(owner, key, {
    configurable: true,
    enumerable: descriptor.enumerable ?? false,
    get: () => value,
    set(this: object, written: unknown) {
      // A property of a prototype does not keep its heirs from having one of their own.
      if (this !== owner) {
        Object.defineProperty(this, key, { value: written, configurable: true, enumerable: true, writable: true });
        return;
      }
      onWrite();
      value = written;
    },
  });
}
