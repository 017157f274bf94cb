'use strict';
/**
 * A part of {@link ./tune.cjs}: how the SDK brings a workflow's globals into the shared V8 context.
 *
 * Each time another workflow is entered, the SDK takes a descriptor of every global, compares every one with those of the workflow that comes, and
 * looks through the rest for what to delete. In a vm context each of these is a call into C++ (13 % of the CPU of the workflow thread, measured).
 * Here only what differs from the context without a workflow is kept, put back and taken away: some ten globals of more than a hundred. What a
 * workflow sees is the same.
 */
const NEEDED = ['__TEMPORAL_BAG_HOLDER__.bag = Object.getOwnPropertyDescriptors(globalThis)', '[holder, fn, args] = globalThis.__temporal_args', 'return __TEMPORAL__.api[fn](...args);'];

/** True for the SDK's script that defines the entry, as far as we know it. */
const isEntry = (exports.isEntry = (code) => typeof code === 'string' && NEEDED.every((part) => code.includes(part)));

/** Runs in the context, before anything else does. */
function defineEntry() {
  const world = globalThis;
  // A workflow may take them away from itself.
  const { Map } = world;
  const { defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
  /** What a workflow has other than the context without one, by holder: descriptors, undefined for what it deleted. */
  const differences = new WeakMap();
  const none = new Map();
  let pristine;
  let known;
  /** Names and values of what a workflow can change. */
  let names;
  let values;
  let inside;

  const learn = (bag) => {
    pristine = bag;
    known = new Set(ownKeys(bag));
    names = [...known].filter((name) => bag[name].configurable || bag[name].writable);
    values = names.map((name) => bag[name].value);
    for (const name of ownKeys(world)) if (!known.has(name)) deleteProperty(world, name);
    for (const name of names) put(name, bag[name]);
  };
  const differing = () => {
    const found = new Map();
    for (let i = 0; i < names.length; i += 1) if (world[names[i]] !== values[i]) found.set(names[i], getOwnPropertyDescriptor(world, names[i]));
    for (const name of ownKeys(world)) if (!known.has(name)) found.set(name, getOwnPropertyDescriptor(world, name));
    return found;
  };
  const put = (name, descriptor) => {
    if (descriptor === undefined) deleteProperty(world, name);
    else if (descriptor.value !== world[name] || descriptor.get !== undefined) defineProperty(world, name, descriptor);
  };
  const enter = (holder) => {
    if (pristine === undefined) learn(holder.bag);
    const left = inside === undefined ? none : differing();
    if (inside !== undefined) differences.set(inside, left);
    const own = differences.get(holder) ?? none;
    for (const name of left.keys()) if (!own.has(name)) put(name, pristine[name]);
    for (const [name, descriptor] of own) put(name, descriptor);
    inside = holder;
  };
  defineProperty(world, '__TEMPORAL_CALL_INTO_SCOPE', {
    value: () => {
      const [holder, fn, args] = world.__temporal_args;
      delete world.__temporal_args;
      if (inside !== holder) enter(holder);
      return world.__TEMPORAL__.api[fn](...args);
    },
    writable: false,
    enumerable: false,
    configurable: false,
  });
}

/** Puts our entry in the place of the SDK's. A script that we do not know stays as it is. */
exports.quickenEntry = function quickenEntry() {
  const vm = require('node:vm');
  const original = vm.runInContext;
  vm.runInContext = function runInContext(code, context, options) {
    return original.call(this, isEntry(code) ? `(${defineEntry.toString()})()` : code, context, options);
  };
};
