import { isHoldfastError } from '@holdfast/contracts/errors';
import { RefusedError, execute } from './commands';
import { withConnections } from './connections';
import { type Command, USAGE, parseCommand } from './options';

/** Runs a command; the exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function main(args: readonly string[]): Promise<number> {
  let command: Command;
  try {
    command = parseCommand(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  try {
    process.stdout.write(`${await withConnections(process.env, (connections) => execute(command, connections))}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof RefusedError) && !isHoldfastError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
