import '@holdfast/nest-kit/preload';

// `node --watch` (npx nx serve) makes every thread report what it loads to its parent thread, and Temporal takes the reports of its
// workflow threads for answers. This thread has read the variable by now and goes on reporting.
delete process.env['WATCH_REPORT_DEPENDENCIES'];

// Dynamic: what is traced must not be loaded before the line above has run.
const { start } = await import('./start');
await start();
