// First, and alone: instrumentation must be in place before the modules it traces are loaded.
import '@holdfast/nest-kit/preload';

const { startEventBridge } = await import('./start');
await startEventBridge();
