import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { RepeatingRound } from '@holdfast/nest-kit';

/** A service whose rounds begin with the app and end with it, after the one under way. */
export abstract class RoundsService implements OnApplicationBootstrap, OnModuleDestroy {
  protected abstract readonly rounds: RepeatingRound;

  /** Begins. */
  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  /** Ends the loop. */
  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }
}
