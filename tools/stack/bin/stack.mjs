import { runInWorkspace } from './bootstrap.mjs';

await runInWorkspace('tools/stack/src/cli.ts', [...process.argv.slice(2)]);
