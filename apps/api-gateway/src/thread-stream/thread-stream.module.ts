import { Module } from '@nestjs/common';
import { StreamingModule } from '../streaming/streaming.module';
import { EditedStates } from './edited-states';
import { ThreadStreamController } from './thread-stream.controller';
import { ThreadStreamService } from './thread-stream.service';

/** The stream of a thread across its runs. */
@Module({
  imports: [StreamingModule],
  controllers: [ThreadStreamController],
  providers: [ThreadStreamService, EditedStates],
})
export class ThreadStreamModule {}
