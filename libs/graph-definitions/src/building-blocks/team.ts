import type { LangGraphRunnableConfig } from '@langchain/langgraph';
import type { JsonSchema } from '@holdfast/agent-runtime/graph';
import { chosenTools } from './choices';
import { toolGlobs } from './schemas';

/** One of a team: what whoever gives it work is told, and the tools of its trade. */
export interface Member {
  readonly skill: string;
  /** Unless `config.configurable.<name>_tools` says otherwise. */
  readonly tools: readonly string[];
}

/** Agents of one graph that work for or with each other. */
export interface Team<Name extends string> {
  /** In the order in which they were given. */
  readonly names: readonly Name[];
  /** JSON Schemas of the members' tools in `config.configurable`. */
  readonly toolChoices: Readonly<Record<string, JsonSchema>>;
  /** True for the name of a member. */
  has(name: string): name is Name;
  skillOf(name: Name): string;
  /** What a prompt says of members, a line each. */
  listed(names?: readonly Name[]): string[];
  /** Globs on the names of the tools that a member is offered in this run. */
  toolsOf(name: Name, config: LangGraphRunnableConfig): readonly string[];
}

/** Names of a team's members. */
export type MemberName<T> = T extends Team<infer Name> ? Name : never;

/** Makes a team of members by their names. */
export function teamOf<Name extends string>(members: Readonly<Record<Name, Member>>): Team<Name> {
  const names = Object.keys(members) as Name[];
  return {
    names,
    toolChoices: Object.fromEntries(names.map((name) => [keyOf(name), toolGlobs(`the ${name} is offered`)])),
    has: (name): name is Name => Object.hasOwn(members, name),
    skillOf: (name) => members[name].skill,
    listed: (some = names) => some.map((name) => `- ${name}: ${members[name].skill}`),
    toolsOf: (name, config) => chosenTools(config, keyOf(name), members[name].tools),
  };
}

/** Of `config.configurable`. */
function keyOf(name: string): string {
  return `${name}_tools`;
}
