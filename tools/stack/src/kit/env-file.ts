/** Formats variables as a file that `source`, `docker --env-file` and parseEnvFile read alike. */
export function formatEnvFile(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`not a variable name: ${name}`);
      if (/[\n\r'"\\$`\s]/.test(value)) throw new Error(`the value of ${name} would need quoting`);
      return `${name}=${value}\n`;
    })
    .join('');
}

/** Formats variables as `export NAME='value'` lines for a shell's `eval`; a value may hold anything, as the path of a checkout may. */
export function formatExports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}

/** Reads what formatEnvFile wrote; lines that are no assignment are left out. */
export function parseEnvFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^(?:export )?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.trim());
    if (match?.[1] !== undefined && match[2] !== undefined) variables[match[1]] = match[2];
  }
  return variables;
}
