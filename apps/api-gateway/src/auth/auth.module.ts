import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeysRepository } from '@holdfast/persistence';
import { ApiKeyAuthenticator } from './api-key.authenticator';
import { ApiKeyGuard } from './api-key.guard';

/** Authentication of every endpoint, including those of other modules. */
@Module({
  providers: [
    {
      provide: ApiKeyAuthenticator,
      inject: [ApiKeysRepository],
      useFactory: (keys: ApiKeysRepository) => new ApiKeyAuthenticator(keys),
    },
    { provide: APP_GUARD, useClass: ApiKeyGuard },
  ],
})
export class AuthModule {}
