/**
 * Stands for `langsmith`, `langsmith/run_trees` and `langsmith/singletons/traceable` in the workflow bundle (see worker/bundler).
 * LangChain builds a RunTree for every node only to carry the config through AsyncLocalStorage. The real class writes statics, which
 * are frozen in a preloaded module, and wants an HTTP client. Tracing belongs in activities.
 */
export class RunTree {
  readonly extra: unknown;
  constructor(init?: { extra?: unknown }) {
    this.extra = init?.extra;
  }
}

/** Never used; LangChain only imports the name. */
export class Client {}

/** True for a {@link RunTree}. */
export function isRunTree(value: unknown): value is RunTree {
  return value instanceof RunTree;
}

/** LangChain asks at every callback configuration: it must answer, because throwing would cost an Error each time. */
export function getCurrentRunTree(): undefined {
  return undefined;
}

/** No function is traced in a workflow. */
export function isTraceableFunction(): false {
  return false;
}

/** Ordering keys of LangSmith; nothing reads them here. */
export function convertToDottedOrderFormat(): { dottedOrder: string; microsecondPrecisionDatestring: string } {
  return { dottedOrder: '', microsecondPrecisionDatestring: '' };
}
