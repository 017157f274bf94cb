import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExitCode } from './commands/exit-codes.ts';
import { describeError } from './commands/show-error.ts';
import { parseCommand, USAGE, type Command } from './commands/parse-command.ts';
import { readSettings, SettingsError, type Settings } from './settings.ts';

const cli = fileURLToPath(import.meta.url);
const checkout = resolve(dirname(cli), '../../..');

/** Commands are imported when they are run: a status must not wait for a gRPC client to load. */
async function run(command: Command, settings: Settings): Promise<number> {
  switch (command.name) {
    case 'start':
      return (await import('./commands/start.ts')).startCommand(settings, command);
    case 'up':
      return (await import('./commands/up.ts')).up(settings, { ...command, cli });
    case 'supervise':
      return (await import('./commands/supervise.ts')).supervise(settings, command);
    case 'down':
      return (await import('./commands/down.ts')).down(settings);
    case 'status':
      return (await import('./commands/status.ts')).status(settings);
    case 'logs':
      return (await import('./commands/logs.ts')).logs(settings, { name: command.process, follow: command.follow });
    case 'env':
      return (await import('./commands/env.ts')).envCommand(settings, command.app);
    case 'test':
      return (await import('./commands/test.ts')).testCommand(settings, command);
  }
}

/** `--graphs` is the setting HOLDFAST_GRAPHS, as seen from where the command was typed: npm runs us at the root of the checkout. */
function environmentOf(command: Command): NodeJS.ProcessEnv {
  if (!('graphs' in command) || command.graphs === undefined) return process.env;
  return { ...process.env, HOLDFAST_GRAPHS: resolve(process.env['INIT_CWD'] ?? checkout, command.graphs) };
}

// a reader that went away (`npm start | head`) must not end us before we have ended our processes
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

const command = parseCommand(process.argv.slice(2));
if (command === undefined) {
  process.stderr.write(USAGE);
  process.exit(ExitCode.usage);
}
try {
  process.exit(await run(command, readSettings(checkout, environmentOf(command))));
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(error instanceof SettingsError ? ExitCode.usage : ExitCode.failed);
}
