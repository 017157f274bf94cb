import { proxyActivities } from '@temporalio/workflow';

const { echo } = proxyActivities<{ echo(message: string): Promise<string> }>({ startToCloseTimeout: '1 minute' });

/** The same three calls, written by hand for Temporal: what Holdfast is compared with. */
export async function threeCalls(input: string): Promise<string[]> {
  return [await echo(`one ${input}`), await echo(`two ${input}`), await echo(`three ${input}`)];
}
