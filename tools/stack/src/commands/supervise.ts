import { readJson, writeJson } from '../kit/files.ts';
import { Progress } from '../kit/progress.ts';
import { homeLayout } from '../layout.ts';
import type { AppName } from '../servers/app-names.ts';
import { startStack } from '../start/start-stack.ts';
import type { Settings } from '../settings.ts';
import { ExitCode } from './exit-codes.ts';
import { describeError } from './show-error.ts';
import { onStopRequest } from './stop-signal.ts';

/** The detached process behind `stack up`: starts the stack and keeps it until it gets SIGTERM. Its log is logs/supervisor.log. */
export async function supervise(settings: Settings, options: { serversOnly: boolean; without: AppName | undefined }): Promise<number> {
  const stop = onStopRequest(() => process.exit(ExitCode.failed));
  const progress = new Progress(process.stdout);
  const layout = homeLayout(settings.home);
  try {
    const stack = await startStack({ settings, progress, signal: stop.signal, serversOnly: options.serversOnly, without: options.without });
    const claim = readJson(layout.supervisorJson);
    writeJson(layout.supervisorJson, { ...(typeof claim === 'object' ? claim : {}), ready: true });
    progress.line('Everything is up.');
    // the supervisor's children do not keep Node alive by themselves while one is being started again
    const keepAlive = setInterval(() => undefined, 60_000);
    await stop.requested;
    clearInterval(keepAlive);
    progress.line('Stopping.');
    await stack.stop();
    return ExitCode.ok;
  } catch (error) {
    if (stop.signal.aborted) return ExitCode.interrupted;
    progress.line(describeError(error));
    return ExitCode.failed;
  }
}
