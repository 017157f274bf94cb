import { condition } from '@temporalio/workflow';

/**
 * Waits until everything else that an activation caused has run, and the predicate holds then. The SDK asks a condition once when it
 * is made, in the middle of an activation, and then whenever no microtask is left; the first answer is kept back.
 */
export async function endOfActivation(predicate: () => boolean): Promise<void> {
  let asked = false;
  await condition(() => {
    const holds = asked && predicate();
    asked = true;
    return holds;
  });
}
