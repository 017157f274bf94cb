// The event-bridge, but its process is killed (SIGKILL) after the stream's confirmation and before the rows are marked: at the
// CRASH_AT-th marking. Everything else is the real thing.
import { Module } from '@nestjs/common';
import { bootstrapApp } from '@holdfast/nest-kit';
import { OutboxRepository, type OutboxSession } from '@holdfast/persistence';
import { AppModule } from '../src/app.module';
import { loadConfig } from '../src/config';

let markings = 0;
const openReal = OutboxRepository.prototype.open;
OutboxRepository.prototype.open = async function open(this: OutboxRepository): Promise<OutboxSession> {
  const session = await openReal.call(this);
  const markReal = session.markPublished.bind(session);
  session.markPublished = async (positions) => {
    markings += 1;
    if (markings === Number(process.env['CRASH_AT'])) process.kill(process.pid, 'SIGKILL');
    return markReal(positions);
  };
  return session;
};

const config = loadConfig();
class Root {}
Module({ imports: [AppModule.with(config)] })(Root);
await bootstrapApp({ name: 'event-bridge', module: Root, host: config.HOST, port: config.HEALTH_PORT, logLevel: config.LOG_LEVEL });
