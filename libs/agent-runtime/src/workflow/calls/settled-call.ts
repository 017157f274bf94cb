import { isCancellation } from '@temporalio/workflow';
import { isHoldfastError } from '@holdfast/contracts/errors';
import type { CallPolicy, Lane, ToolReply, ToolRequest } from '../../api';

/** How long the ledger is asked what became of a call: until a router that died is taken for dead, and PostgreSQL is back from a restart. */
const SETTLING: CallPolicy = { attempts: 8, totalMs: 20_000 };

type Make = (request: ToolRequest, lane: Lane | undefined) => Promise<ToolReply>;

/**
 * Makes a tool call, and when its attempts or its time are over, asks what is known of it. An unknown outcome is told by the attempt after the one
 * that was lost; without this a call without such an attempt would fail like one that never reached its tool, and whoever makes it again under
 * another name would do its effect twice.
 * @throws the failure of the call when nothing is known of it, or the ledger cannot be asked; a cancellation
 */
export async function orSettled(request: ToolRequest, lane: Lane | undefined, make: Make): Promise<ToolReply> {
  try {
    return await make(request, lane);
  } catch (failure) {
    if (!isHoldfastError(failure) || !failure.retryable) throw failure;
    try {
      return await make({ ...request, policy: SETTLING, settleOnly: true }, 'normal');
    } catch (error) {
      throw isCancellation(error) ? error : failure;
    }
  }
}
