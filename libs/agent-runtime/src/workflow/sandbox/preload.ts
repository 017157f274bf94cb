/**
 * First module of the workflow bundle's preload list: runs once per V8 context, before the SDK deep-freezes what it finds.
 * Order matters: polyfills before LangGraph, LangGraph before the storage that its `interrupt()` and `getConfig()` read.
 */
import './install-polyfills';
import '@langchain/langgraph/web';
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';
import '../preloaded';

interface Storage {
  getStore(): unknown;
  run<T>(store: unknown, callback: () => T): T;
  enterWith(store: unknown): void;
}

const SandboxStorage = (globalThis as unknown as { AsyncLocalStorage: new () => Storage }).AsyncLocalStorage;

/**
 * LangGraph's `web` entry installs no storage. One per context, because one per workflow exhausts the heap at a thousand cached
 * workflows. The functions close over it: the SDK's deep freeze walks properties, not closures, and a frozen storage cannot store.
 */
const storage = new SandboxStorage();
AsyncLocalStorageProviderSingleton.initializeGlobalInstance({
  getStore: () => storage.getStore(),
  run: (store: unknown, callback: () => unknown) => storage.run(store, callback),
  enterWith: (store: unknown) => storage.enterWith(store),
} as Parameters<typeof AsyncLocalStorageProviderSingleton.initializeGlobalInstance>[0]);
