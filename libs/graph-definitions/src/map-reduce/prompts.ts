import type { SystemMessage } from '@langchain/core/messages';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';

const AGENT = 'map-reduce';

/** System prompt of the splitter. */
export function splitterPrompt(maxTasks: number): SystemMessage {
  return systemPrompt(
    'splitter',
    AGENT,
    `Split the request of the person into at most ${maxTasks} tasks that others can work on at the same time, each without the others' results.`,
    'Reply with a numbered list, one line per task, each complete in itself, and nothing else. A request that is one task: a list of one.',
  );
}

/** System prompt of a worker. */
export function workerPrompt(): SystemMessage {
  return systemPrompt(
    'worker',
    AGENT,
    'Others work on the other parts of the request. Do only the task in the last message, with the tools that are offered, and report briefly.',
    ONLY_WHAT_IS_KNOWN,
  );
}

/** System prompt of the synthesiser. */
export function synthesiserPrompt(): SystemMessage {
  return systemPrompt(
    'synthesiser',
    AGENT,
    'Workers did the parts of the request; their reports follow it. Answer the request as a whole from the reports, without repeating yourself.',
    'Name contradictions between reports, and parts that nobody could do.',
    ONLY_WHAT_IS_KNOWN,
  );
}
