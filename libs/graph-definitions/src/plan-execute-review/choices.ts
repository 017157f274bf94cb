import type { LangGraphRunnableConfig } from '@langchain/langgraph';
import { DEFAULT_TOOLS } from './limits';

/** The globs of `config.configurable.tools`, of the assistant or the run; anything but a list of texts counts as not given. */
export function chosenTools(config: LangGraphRunnableConfig): readonly string[] {
  const tools: unknown = config.configurable?.['tools'];
  return Array.isArray(tools) && tools.every((tool) => typeof tool === 'string') ? tools : DEFAULT_TOOLS;
}

/** The model of `config.configurable.model`; without one the worker's default speaks. */
export function chosenModel(config: LangGraphRunnableConfig): { readonly params?: { readonly model: string } } {
  const model: unknown = config.configurable?.['model'];
  return typeof model === 'string' && model !== '' ? { params: { model } } : {};
}
