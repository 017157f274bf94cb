import { Module } from '@nestjs/common';
import { StreamingModule } from '../streaming/streaming.module';
import { ThreadStreamController } from './thread-stream.controller';
import { ThreadStreamService } from './thread-stream.service';

/** The stream of a thread across its runs. */
@Module({
  imports: [StreamingModule],
  controllers: [ThreadStreamController],
  providers: [ThreadStreamService],
})
export class ThreadStreamModule {}
