import { Global, Module } from '@nestjs/common';
import { ShutdownSignal } from './shutdown';

/** Offers {@link ShutdownSignal} everywhere; imported by {@link bootstrapApp}'s root. */
@Global()
@Module({ providers: [ShutdownSignal], exports: [ShutdownSignal] })
export class ShutdownModule {}
