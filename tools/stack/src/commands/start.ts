import { Progress, seconds } from '../kit/progress.ts';
import { describeNextSteps } from '../sample/next-steps.ts';
import { runSample, SAMPLE_QUESTION, type SampleResult } from '../sample/run-sample.ts';
import { modelChoice } from '../servers/dev-model.ts';
import { NAMESPACE } from '../servers/stack-context.ts';
import type { Settings } from '../settings.ts';
import { startStack, type RunningStack } from '../start/start-stack.ts';
import { endNow } from './end-now.ts';
import { ExitCode } from './exit-codes.ts';
import { describeError } from './show-error.ts';
import { onStopRequest, type StopRequest } from './stop-signal.ts';

/** `npm start`: everything up, the sample run, then serve until Ctrl-C. Returns the exit code. */
export async function startCommand(settings: Settings, flags: { exit: boolean; sample: boolean }): Promise<number> {
  const stop = onStopRequest(() => endNow([settings.home], ExitCode.interrupted));
  const progress = new Progress(process.stdout);
  let stack: RunningStack | undefined;
  try {
    stack = await startStack({ settings, progress, signal: stop.signal });
    progress.line(`Everything is up after ${seconds(sinceCommand(settings))}: ${slowest(progress)}`);
    if (stack.graphs.length > 0) progress.line(`Graphs of ${settings.graphs ?? ''}: ${stack.graphs.join(', ')}`);
    const sample = flags.sample ? await sampleRun(stack, progress, stop) : undefined;
    progress.line(nextSteps(stack, sample));
    progress.line(`From the command to ${sample === undefined ? 'here' : 'the finished sample'}: ${seconds(sinceCommand(settings))}`);
    if (flags.exit) return sample?.isSuccess === false ? ExitCode.failed : ExitCode.ok;
    progress.line('Serving; Ctrl-C stops everything that was started here.');
    const keepAlive = setInterval(() => undefined, 60_000);
    await stop.requested;
    clearInterval(keepAlive);
    return ExitCode.ok;
  } catch (error) {
    if (stop.signal.aborted) return ExitCode.interrupted;
    progress.line(describeError(error));
    return ExitCode.failed;
  } finally {
    if (stack !== undefined) {
      progress.line('Stopping …');
      await stack.stop();
      progress.line('Stopped.');
    }
  }
}

async function sampleRun(stack: RunningStack, progress: Progress, stop: StopRequest): Promise<SampleResult> {
  const { name, isDevelopmentModel } = modelChoice(stack.settings.env, 0);
  const speaker = isDevelopmentModel ? `${name} (development model)` : name;
  progress.line(`\nSample run: ${SAMPLE_QUESTION}`);
  if (isDevelopmentModel) {
    progress.line(`  ${name} answers: our development model, fixed rules without reasoning. Set LLM_GATEWAY_URL for a real one.`);
  }
  const result = await runSample({
    apiUrl: stack.apiUrl,
    apiKey: stack.apiKey ?? '',
    model: speaker,
    write: (text) => process.stdout.write(text),
    signal: stop.signal,
  });
  progress.line(`\n${result.isSuccess ? '✓' : '✗'} Sample run: ${result.toolCalls} tool calls in ${seconds(result.milliseconds)}`);
  return result;
}

function nextSteps(stack: RunningStack, sample: SampleResult | undefined): string {
  return describeNextSteps({
    apiUrl: stack.apiUrl,
    apiKey: stack.apiKey ?? '',
    temporalUiUrl: stack.addresses.temporalUi,
    namespace: NAMESPACE,
    devEnv: stack.layout.devEnv,
    sample,
  });
}

/** The five longest steps; steps overlap, so they do not add up. */
function slowest(progress: Progress): string {
  return [...progress.timings]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 5)
    .map(({ title, ms }) => `${title} ${seconds(ms)}`)
    .join(', ');
}

/** Milliseconds since somebody typed the command; the installation of dependencies is part of it. */
function sinceCommand(settings: Settings): number {
  const began = Number(settings.env['HOLDFAST_COMMAND_BEGAN']);
  return Number.isFinite(began) && began > 0 ? Date.now() - began : performance.now();
}
