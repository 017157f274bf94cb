import '@holdfast/nest-kit/preload';

// Dynamic: what is traced must not be loaded before the line above has run.
const { start } = await import('./start');
await start();
