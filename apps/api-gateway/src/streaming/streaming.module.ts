import { Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { NatsLink, NoticeBus } from '@holdfast/event-bus';
import { Hydrator } from './hydrator';
import { LiveResponses } from './live-response';
import { RunFollower } from './run-follower';
import { RunResultService } from './run-result.service';
import { RunStreamService } from './run-stream.service';

/** What runs show: streams, results, wake-ups. */
@Module({
  providers: [
    { provide: NoticeBus, inject: [NatsLink], useFactory: (link: NatsLink) => new NoticeBus(link) },
    Hydrator,
    LiveResponses,
    RunFollower,
    RunResultService,
    RunStreamService,
  ],
  exports: [NoticeBus, Hydrator, LiveResponses, RunResultService, RunStreamService],
})
export class StreamingModule implements OnModuleDestroy {
  constructor(@Inject(NoticeBus) private readonly notices: NoticeBus) {}

  /** Every stream has ended by now. */
  onModuleDestroy(): void {
    this.notices.close();
  }
}
