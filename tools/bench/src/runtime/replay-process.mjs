// A process of its own, tuned as a worker is: what the bench itself has loaded must not slow the replays down.
import '@swc-node/register/esm-register';

const { replayInTurns } = await import('./replay-process.ts');
process.stdout.write(JSON.stringify(await replayInTurns(process.argv[2], process.argv[3], Number(process.argv[4]))));
process.exit(0);
