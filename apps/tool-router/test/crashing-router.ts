// The tool router, but its process is killed (SIGKILL) when CRASH_CALLS calls have come to CRASH_POINT; none goes beyond it. Everything
// else is the real thing.
import { ToolCallsRepository } from '@holdfast/persistence';
import { loadConfig } from '../src/config';
import { startToolRouter } from '../src/start';

const point = process.env['CRASH_POINT'];
let arrived = 0;

async function come(to: string, calls: number): Promise<void> {
  if (to !== point) return;
  arrived += calls;
  if (arrived >= Number(process.env['CRASH_CALLS'])) process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
}

const { claim, end } = ToolCallsRepository.prototype;
ToolCallsRepository.prototype.claim = async function claimAndCrash(...args) {
  await come('before-claim', args[2].length);
  const replies = await claim.apply(this, args);
  await come('after-claim', args[2].length);
  return replies;
};
ToolCallsRepository.prototype.end = async function endAndCrash(...args) {
  // An attempt that was given up before it was sent is made again.
  const finished = args[2].filter(({ status }) => status === 'ok').length;
  if (finished > 0) await come('after-call', finished);
  const replies = await end.apply(this, args);
  if (finished > 0) await come('after-end', finished);
  return replies;
};

await startToolRouter(loadConfig());
