import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** The environment as the operating system gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable that is missing or wrong. */
export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

/** What {@link parseConfig} found. */
export type ConfigResult<T> =
  | { readonly ok: true; readonly value: Readonly<T> }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** How {@link defineConfig} reports and ends; replaced in tests. */
export interface ConfigExit {
  print(text: string): void;
  exit(code: number): never;
}

const processExit: ConfigExit = {
  print: (text) => process.stderr.write(`${text}\n`),
  exit: (code) => process.exit(code),
};

/**
 * Parses an app's environment with one schema whose keys are the variables' names.
 * `<NAME>_FILE` names a file that holds the value (secrets mounted by an orchestrator); an empty variable counts as absent.
 */
export function parseConfig<T extends z.ZodRawShape>(
  schema: z.ZodObject<T>,
  env: Environment,
): ConfigResult<z.infer<z.ZodObject<T>>> {
  const problems: ConfigProblem[] = [];
  const raw: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = readVariable(name, env, problems);
    if (value !== undefined) raw[name] = value;
  }
  const unreadable = new Set(problems.map((problem) => problem.variable));
  const parsed = schema.safeParse(raw);
  if (parsed.success && problems.length === 0) return { ok: true, value: Object.freeze(parsed.data) };
  for (const issue of parsed.error?.issues ?? []) {
    const variable = issue.path.length === 0 ? 'environment' : String(issue.path[0]);
    if (!unreadable.has(variable)) problems.push({ variable, message: raw[variable] === undefined ? 'is missing' : issue.message });
  }
  return { ok: false, problems };
}

/**
 * Like {@link parseConfig}, but a wrong environment prints every problem at once and ends the process with code 1.
 * Called first in `main.ts`, by the app's `config.ts` only. Values are never printed: they may be secrets.
 */
export function defineConfig<T extends z.ZodRawShape>(
  schema: z.ZodObject<T>,
  env: Environment,
  exit: ConfigExit = processExit,
): Readonly<z.infer<z.ZodObject<T>>> {
  const result = parseConfig(schema, env);
  if (result.ok) return result.value;
  const lines = result.problems.map((problem) => `  - ${problem.variable}: ${problem.message}`);
  exit.print(`The configuration is not usable (${result.problems.length} problem(s)):\n${lines.join('\n')}`);
  return exit.exit(1);
}

function readVariable(name: string, env: Environment, problems: ConfigProblem[]): string | undefined {
  const direct = env[name] || undefined;
  const file = env[`${name}_FILE`] || undefined;
  if (file === undefined) return direct;
  if (direct !== undefined) {
    problems.push({ variable: name, message: `is set twice: by ${name} and by ${name}_FILE` });
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    problems.push({ variable: name, message: `${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` });
    return undefined;
  }
}
