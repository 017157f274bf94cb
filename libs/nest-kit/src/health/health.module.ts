import { Global, Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { ROOT_LOGGER } from '../logging/logging.module';
import type { LogSink } from '../logging/logger';
import type { DependencyCheck } from './dependency-check';
import { HealthRegistry } from './health-registry';
import { HealthController } from './health.controller';

/** Options of {@link HealthModule.registerAsync}. */
export interface HealthModuleAsyncSettings extends Pick<ModuleMetadata, 'imports'> {
  readonly inject: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: (...dependencies: never[]) => readonly DependencyCheck[];
}

/** `/livez` and `/readyz`; exports {@link HealthRegistry} for checks that are known only later. Needs {@link LoggingModule}. */
@Global()
@Module({})
export class HealthModule {
  /** With checks that exist already. */
  static register(settings: { readonly checks: readonly DependencyCheck[] }): DynamicModule {
    return HealthModule.registerAsync({ inject: [], useFactory: () => settings.checks });
  }

  /** With checks built from injected connections. */
  static registerAsync(settings: HealthModuleAsyncSettings): DynamicModule {
    return {
      module: HealthModule,
      imports: settings.imports ?? [],
      controllers: [HealthController],
      providers: [
        {
          provide: HealthRegistry,
          inject: [ROOT_LOGGER, ...settings.inject],
          useFactory: (log: LogSink, ...dependencies: never[]) => {
            const registry = new HealthRegistry(log);
            for (const check of settings.useFactory(...dependencies)) registry.add(check);
            return registry;
          },
        },
      ],
      exports: [HealthRegistry],
    };
  }
}
