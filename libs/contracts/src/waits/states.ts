/** States of a wait. `superseded`: the thread went on without it. Only `pending` can change. */
export const WAIT_STATUSES = ['pending', 'over', 'superseded'] as const;
/** See {@link WAIT_STATUSES}. */
export type WaitStatus = (typeof WAIT_STATUSES)[number];
