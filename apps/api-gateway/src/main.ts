// Tracing wraps modules while they load, so everything else comes after it.
import '@holdfast/nest-kit/preload';

const { loadConfig } = await import('./config');
const { startGateway } = await import('./gateway');

try {
  await startGateway(loadConfig());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
