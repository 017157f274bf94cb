import { runInWorkspace } from './bootstrap.mjs';

process.env.SWC_NODE_PROJECT ??= 'tsconfig.base.json';
await runInWorkspace('tools/deployments/main.mjs', process.argv.slice(2));
