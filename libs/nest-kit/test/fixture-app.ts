import { setTimeout as sleep } from 'node:timers/promises';
import { Body, Controller, Get, Inject, Logger, Module, Post, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import { HealthModule } from '../src/health/health.module';
import { addLogContext } from '../src/logging/log-context';
import { ROOT_LOGGER } from '../src/logging/logging.module';
import type { LogSink } from '../src/logging/logger';

const bodySchema = z.strictObject({ name: z.string(), config: z.object({ limit: z.number() }) });

/** A small app for the tests of the kit. */
@Controller()
class FixtureController implements OnModuleDestroy, OnApplicationShutdown {
  private readonly nestLog = new Logger('Fixture');
  constructor(@Inject(ROOT_LOGGER) private readonly log: LogSink) {}
  @Post('echo') echo(@Body() body: unknown): unknown {
    addLogContext({ tenant_id: 'tenant-1' });
    this.nestLog.log('inside the handler');
    const parsed = bodySchema.safeParse(body);
    if (parsed.success) return parsed.data;
    const fields = parsed.error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.')]).map((path) => ({ path, message: issue.message })));
    throw new HoldfastError('INVALID_ARGUMENT', 'The request is not valid.', { fields });
  }
  @Get('misread/:id') misread(): unknown {
    return z.object({ row: z.string() }).parse({ row: 1 });
  }
  @Get('slow') async slow(): Promise<{ done: boolean }> {
    this.log.info({}, 'slow begins');
    await sleep(800);
    return { done: true };
  }
  @Get('endless') endless(): Promise<never> {
    this.log.info({}, 'endless begins');
    return new Promise<never>(() => undefined);
  }
  @Get('busy') busy(): never {
    throw new HoldfastError('THREAD_BUSY', 'The thread is busy.', { details: { run_id: 'r1' } });
  }
  @Get('unavailable') unavailable(): never {
    throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'Temporal is away.', { retryAfterMs: 2500 });
  }
  @Get('boom') boom(): never {
    throw new Error('secret internals: password=hunter2');
  }
  onModuleDestroy(): void {
    this.log.info({}, 'module destroyed');
  }
  onApplicationShutdown(): void {
    this.log.info({}, 'connections closed');
  }
}

/** State of the fixture's only dependency. */
export const dependency = { error: undefined as Error | undefined };

@Module({
  imports: [
    HealthModule.register({
      checks: [{ name: 'storage', check: () => (dependency.error === undefined ? Promise.resolve() : Promise.reject(dependency.error)) }],
    }),
  ],
  controllers: [FixtureController],
})
export class FixtureModule {}
