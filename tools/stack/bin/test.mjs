import { runInWorkspace } from './bootstrap.mjs';

await runInWorkspace('tools/stack/src/cli.ts', ['test', ...process.argv.slice(2)]);
