import type { LangGraphRunnableConfig } from '@langchain/langgraph';

/** Tools that are offered when the assistant or the run names none (`config.configurable.tools`). */
export const DEFAULT_TOOLS: readonly string[] = ['filesystem__*', 'everything__*'];

/**
 * Globs on tool names from `config.configurable`, of the assistant or the run; anything but a list of texts counts as not given.
 * @param key of `configurable`, for graphs whose parts have tools of their own
 */
export function chosenTools(config: LangGraphRunnableConfig, key = 'tools', fallback = DEFAULT_TOOLS): readonly string[] {
  const tools: unknown = config.configurable?.[key];
  return Array.isArray(tools) && tools.every((tool) => typeof tool === 'string') ? tools : fallback;
}

/** The model of `config.configurable.model`; without one the worker's default speaks. */
export function chosenModel(config: LangGraphRunnableConfig): { readonly params?: { readonly model: string } } {
  const model: unknown = config.configurable?.['model'];
  return typeof model === 'string' && model !== '' ? { params: { model } } : {};
}

/** Bounds of a whole number that an assistant may choose. */
export interface NumberChoice {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

/** A whole number of `config.configurable`, brought into its bounds; anything else counts as not given. */
export function chosenNumber(config: LangGraphRunnableConfig, key: string, { min, max, fallback }: NumberChoice): number {
  const given: unknown = config.configurable?.[key];
  return typeof given === 'number' && Number.isInteger(given) ? Math.min(max, Math.max(min, given)) : fallback;
}
