import type { LangGraphRunnableConfig } from '@langchain/langgraph';

/** Progress for people who watch: stream mode `custom`. */
export function report(config: LangGraphRunnableConfig, progress: { readonly phase: string } & Readonly<Record<string, unknown>>): void {
  config.writer?.(progress);
}
