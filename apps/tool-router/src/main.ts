// Telemetry patches modules while they load, so the app comes after it.
import '@holdfast/nest-kit/preload';

const { loadConfig } = await import('./config');
const { startToolRouter } = await import('./start');

try {
  await startToolRouter(loadConfig());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
