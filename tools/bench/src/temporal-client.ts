import { Client, Connection } from '@temporalio/client';
import type { StackUnderTest } from './stack-under-test';

/** A client of the stack's Temporal while `work` lasts. */
export async function withTemporal<T>(stack: StackUnderTest, work: (temporal: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    return await work(new Client({ connection, namespace: 'holdfast' }));
  } finally {
    await connection.close();
  }
}
