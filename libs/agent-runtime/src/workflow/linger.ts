import { condition } from '@temporalio/workflow';
import { historyIsLong } from './history-length';
import type { ThreadInbox } from './thread-inbox';

/** Waits for more work as long as the last run allows; returns as soon as there is some. A long history is left behind between two turns. */
export async function linger(inbox: ThreadInbox): Promise<void> {
  if (inbox.lingerMs === 0 || historyIsLong()) return;
  await condition(() => inbox.hasWork || inbox.lingerMs === 0, inbox.lingerMs);
}
