import { toolGlobs } from './schemas';

/** A specialist: what whoever gives it tasks is told, and the tools of its trade. */
export interface Specialist {
  readonly skill: string;
  /** Unless `config.configurable.<name>_tools` says otherwise. */
  readonly tools: readonly string[];
}

/** Those who can be given tasks. */
export const SPECIALISTS = {
  researcher: { skill: 'lists folders and reads files', tools: ['filesystem__*'] },
  clerk: { skill: 'adds numbers, repeats texts, and other small services', tools: ['everything__*'] },
} as const satisfies Record<string, Specialist>;

/** See {@link SPECIALISTS}. */
export type SpecialistName = keyof typeof SPECIALISTS;

/** All of them. */
export const SPECIALIST_NAMES = Object.keys(SPECIALISTS) as SpecialistName[];

/** True for the name of a specialist. */
export function isSpecialist(name: string): name is SpecialistName {
  return Object.hasOwn(SPECIALISTS, name);
}

/** Their tools in the schema of `config.configurable`. */
export const SPECIALIST_TOOLS = Object.fromEntries(SPECIALIST_NAMES.map((name) => [`${name}_tools`, toolGlobs(`the ${name} is offered`)]));
