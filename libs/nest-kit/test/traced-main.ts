// A small app for the tracing test: preload first, the rest dynamically, as every main.ts does.
import '../src/telemetry/preload';

const { startTraced } = await import('./traced-app');
await startTraced();
