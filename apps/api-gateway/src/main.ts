import '@holdfast/nest-kit/preload';
import { loadConfig } from './config';

const config = loadConfig();
// After the preload: tracing wraps modules as they are loaded.
const { startGateway } = await import('./gateway');
await startGateway(config);
