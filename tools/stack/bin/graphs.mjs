import { runInWorkspace } from './bootstrap.mjs';

await runInWorkspace('tools/graphs/src/main.ts', process.argv.slice(2));
