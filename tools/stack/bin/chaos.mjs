import { runInWorkspace } from './bootstrap.mjs';

process.env.SWC_NODE_PROJECT ??= 'tsconfig.base.json';
await runInWorkspace('tools/chaos/main.mjs', process.argv.slice(2));
