import { Progress } from '../kit/progress.ts';
import type { AppName } from '../servers/app-names.ts';
import { startStack, type RunningStack } from '../start/start-stack.ts';
import type { Settings } from '../settings.ts';
import { endNow } from './end-now.ts';
import { ExitCode } from './exit-codes.ts';
import { describeError } from './show-error.ts';
import { onStopRequest } from './stop-signal.ts';

/** The detached process behind `stack up`: starts the stack and keeps it until it gets SIGTERM. Its log is logs/supervisor.log. */
export async function supervise(settings: Settings, options: { serversOnly: boolean; without: AppName | undefined }): Promise<number> {
  const stop = onStopRequest(() => endNow([settings.home], ExitCode.interrupted));
  const progress = new Progress(process.stdout);
  let stack: RunningStack;
  try {
    stack = await startStack({ settings, progress, signal: stop.signal, serversOnly: options.serversOnly, without: options.without });
  } catch (error) {
    if (stop.signal.aborted) return ExitCode.interrupted;
    progress.line(describeError(error));
    return ExitCode.failed;
  }
  progress.line('Everything is up.');
  if (stack.graphs.length > 0) progress.line(`Graphs of ${settings.graphs ?? ''}: ${stack.graphs.join(', ')}`);
  // the supervisor's children do not keep Node alive by themselves while one is being started again
  const keepAlive = setInterval(() => undefined, 60_000);
  await stop.requested;
  clearInterval(keepAlive);
  progress.line('Stopping.');
  await stack.stop();
  return ExitCode.ok;
}
