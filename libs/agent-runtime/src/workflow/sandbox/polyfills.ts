import { random } from './random';
import { LeanReadableStream, UnsupportedStream } from './streams';

/** The globals that the polyfills fill in. */
export interface WebGlobals {
  queueMicrotask?: (callback: () => void) => void;
  AbortSignal?: unknown;
  crypto?: unknown;
  ReadableStream?: unknown;
  TransformStream?: unknown;
  WritableStream?: unknown;
}

/**
 * Web globals that LangChain and LangGraph expect and the Temporal sandbox lacks; all are deterministic. What is there stays.
 * Left out on purpose: `structuredClone`. No graph run needs it, and the SDK would use it on the arguments of its log calls, where a
 * polyfill turns every failure into a plain Error.
 */
export function installPolyfills(target: WebGlobals): void {
  target.queueMicrotask ??= (callback) => void Promise.resolve().then(callback);
  target.AbortSignal ??= abortSignal();
  target.crypto ??= { getRandomValues, randomUUID };
  target.ReadableStream ??= LeanReadableStream;
  target.TransformStream ??= UnsupportedStream;
  target.WritableStream ??= UnsupportedStream;
}

interface SignalConstructor {
  new (): AbortSignal;
  any(signals: unknown[]): AbortSignal;
}

/** The sandbox brings the host's AbortController without its signal class: code that asks `instanceof AbortSignal` needs the name. */
function abortSignal(): unknown {
  const Host = new AbortController().signal.constructor as unknown as SignalConstructor;
  return class AbortSignal {
    constructor() {
      throw new TypeError('Illegal constructor');
    }
    static [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof Host;
    }
    /** A real timer would fire at another moment during replay. */
    static timeout(): never {
      throw new Error('AbortSignal.timeout is a real timer: not available in workflows');
    }
    static any(signals: unknown[]): unknown {
      return Host.any(signals);
    }
  };
}

function getRandomValues<T extends Uint8Array>(array: T): T {
  for (let i = 0; i < array.length; i++) array[i] = Math.floor(random() * 256);
  return array;
}

function randomUUID(): string {
  const bytes = getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
