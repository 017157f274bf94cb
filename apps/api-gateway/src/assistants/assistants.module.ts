import { Module } from '@nestjs/common';
import { AssistantDirectory } from './assistant-directory';
import { AssistantsController } from './assistants.controller';
import { AssistantsService } from './assistants.service';

/** Assistants and graphs. */
@Module({
  controllers: [AssistantsController],
  providers: [AssistantsService, AssistantDirectory],
  exports: [AssistantDirectory],
})
export class AssistantsModule {}
