import type { CatalogueServer } from '../catalogue/catalogue.schema';

/** Why the router does not call a tool: a code of libs/contracts and words that a model can act on. */
export interface Refusal {
  readonly code: 'TOOL_UNKNOWN' | 'TOOL_NOT_PERMITTED' | 'TOOL_INVALID_ARGUMENTS' | 'TOOL_CIRCUIT_OPEN';
  readonly text: string;
}

const MAX_QUOTED = 100;

/** No tool of this name, for anybody. */
export function unknownTool(name: string): Refusal {
  return { code: 'TOOL_UNKNOWN', text: `There is no tool named ${quote(name)}.` };
}

/** The operator's rules do not let the caller use it. */
export function notPermitted(name: string): Refusal {
  return { code: 'TOOL_NOT_PERMITTED', text: `The tool ${name} is not permitted here.` };
}

/** The arguments do not fit the tool's schema. */
export function invalidArguments(name: string, problems: readonly string[]): Refusal {
  return { code: 'TOOL_INVALID_ARGUMENTS', text: [`The arguments do not fit the tool ${name}:`, ...problems.map((problem) => `- ${problem}`)].join('\n') };
}

/** The server keeps failing and is left alone. */
export function circuitOpen(server: string, retryAfterMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return {
    code: 'TOOL_CIRCUIT_OPEN',
    text: `The tool server ${server} keeps failing; calls to it are paused for about ${seconds} s. Use another tool or say what is missing.`,
  };
}

/** The first argument that the operator forbids, as a refusal. */
export function deniedArgument(args: Readonly<Record<string, unknown>>, rules: CatalogueServer['denyArguments']): Refusal | undefined {
  for (const [name, patterns] of Object.entries(rules)) {
    if (!Object.hasOwn(args, name)) continue;
    const values = Array.isArray(args[name]) ? (args[name] as unknown[]) : [args[name]];
    for (const value of values) {
      if (typeof value === 'string' && patterns.some((pattern) => pattern.test(value))) {
        return { code: 'TOOL_NOT_PERMITTED', text: `The value ${quote(value)} of the argument ${name} is not permitted here.` };
      }
    }
  }
  return undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}
