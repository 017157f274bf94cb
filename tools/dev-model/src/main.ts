import { DEV_MODEL } from './answer.ts';
import { loadConfig } from './config.ts';
import { startDevModel } from './server.ts';

const config = loadConfig(process.env);
const server = await startDevModel({ host: config.HOST, port: config.PORT, chunkMs: config.DEV_MODEL_CHUNK_MS });
process.stdout.write(`${DEV_MODEL}: development model (fixed rules, no reasoning) on ${server.baseUrl}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
