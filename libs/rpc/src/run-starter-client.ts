import { HoldfastError } from '@holdfast/contracts/errors';
import type { TenantContext } from '@holdfast/tenant-context';
import { z } from 'zod';
import { RUN_STARTER } from './proto';
import { RpcChannel, type CallControl, type RpcChannelOptions } from './rpc-channel';

/** A run for the workflow of its thread. */
export interface RunToDeliver {
  readonly threadId: string;
  readonly runId: string;
  readonly graphId: string;
  /** Names the attempt; whoever repeats it under the same id does not start a second workflow, also when the first has ended by then. */
  readonly deliveryId: string;
  /** How long the workflow waits for the thread's next run after this one, milliseconds. Absent: not at all. */
  readonly lingerMs?: number;
}

// MAINTENANCE: names of runs.proto; the domain's stand in agent-runtime's client.
/** How a run reached its workflow, by the name on the wire. */
export const WAY_OF_WIRE = {
  DELIVERY_WAY_EAGER: 'eager',
  DELIVERY_WAY_STARTED: 'started',
  DELIVERY_WAY_ENQUEUED: 'enqueued',
} as const;

/** The other way round. */
export const WIRE_OF_WAY = {
  eager: 'DELIVERY_WAY_EAGER',
  started: 'DELIVERY_WAY_STARTED',
  enqueued: 'DELIVERY_WAY_ENQUEUED',
} as const satisfies Record<DeliveryWay, keyof typeof WAY_OF_WIRE>;

/** How a run reached its workflow. */
export type DeliveryWay = (typeof WAY_OF_WIRE)[keyof typeof WAY_OF_WIRE];

const deliverReply = z.object({
  way: z.enum(Object.keys(WAY_OF_WIRE) as [keyof typeof WAY_OF_WIRE, ...(keyof typeof WAY_OF_WIRE)[]]).transform((name) => WAY_OF_WIRE[name]),
});

/**
 * Asks a worker to hand a run to its thread's workflow, usable without Nest; see {@link RpcChannel}. Throws HoldfastError:
 * DEPENDENCY_UNAVAILABLE (no worker, or one that cannot now), DEADLINE_EXCEEDED, UNAUTHENTICATED, INVALID_ARGUMENT, INTERNAL. After any of them
 * the run may have arrived; delivering it again does no harm.
 */
export class RunStarterClient {
  readonly #channel: RpcChannel;

  constructor(options: RpcChannelOptions) {
    this.#channel = new RpcChannel(RUN_STARTER, options);
  }

  /** Delivers one run. */
  async deliver(ctx: TenantContext, run: RunToDeliver, control: CallControl = {}): Promise<DeliveryWay> {
    const { threadId, runId, graphId, deliveryId, lingerMs = 0 } = run;
    const reply = deliverReply.safeParse(await this.#channel.unary(ctx, 'Deliver', { threadId, runId, graphId, deliveryId, lingerMs }, control));
    if (!reply.success) throw new HoldfastError('INTERNAL', 'The worker answered in a form this version does not know.', { cause: reply.error });
    return reply.data.way;
  }

  /** Resolves once connected. @throws HoldfastError DEPENDENCY_UNAVAILABLE when that takes longer. */
  waitForReady(timeoutMs: number): Promise<void> {
    return this.#channel.waitForReady(timeoutMs);
  }

  /** Ends the channel; calls under way fail. */
  close(): void {
    this.#channel.close();
  }
}
