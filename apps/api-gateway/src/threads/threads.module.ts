import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module';
import { StreamingModule } from '../streaming/streaming.module';
import { StateEditService } from './state-edit.service';
import { SubGraphStates } from './sub-graph-states.service';
import { ThreadExpiryService } from './thread-expiry.service';
import { ThreadStateController } from './thread-state.controller';
import { ThreadStateService } from './thread-state.service';
import { ThreadsController } from './threads.controller';
import { ThreadsService } from './threads.service';

/** Conversations and what they hold. */
@Module({
  imports: [DeliveryModule, StreamingModule],
  controllers: [ThreadsController, ThreadStateController],
  providers: [ThreadsService, ThreadStateService, SubGraphStates, StateEditService, ThreadExpiryService],
})
export class ThreadsModule {}
