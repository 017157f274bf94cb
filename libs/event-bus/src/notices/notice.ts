import { z } from 'zod';

/** Payload of a notice: the journal of a run has grown. A hint, never a fact: readers look at the journal itself. */
export const noticeSchema = z.object({
  /** The newest `seq` of the run. */
  seq: z.number().int().nonnegative(),
  /** The run's status after it. */
  status: z.string().max(20).optional(),
});
/** See {@link noticeSchema}. */
export type Notice = z.infer<typeof noticeSchema>;

/** Called for a notice; `undefined` when some may have been missed (after a reconnect), so that the reader looks for itself. */
export type NoticeListener = (notice: Notice | undefined) => void;
