import { runInWorkspace } from './bootstrap.mjs';

await runInWorkspace('tools/stack/src/cli.ts', ['start', ...process.argv.slice(2)]);
