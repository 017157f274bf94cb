import { runInWorkspace } from './bootstrap.mjs';

await runInWorkspace('tools/bench/src/main.ts', process.argv.slice(2));
