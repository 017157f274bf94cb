/** SQL condition on a run `r`: it holds its thread. A delayed run that is not due yet does not. Ask under the thread's lock. */
export const HOLDS_THREAD = `(r.status = 'running' OR r.status = 'pending' AND r.deliver_at <= clock_timestamp())`;
