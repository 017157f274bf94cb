import { counter, gauge, histogram } from '@holdfast/nest-kit/metrics';

/** Events that the stream confirmed, repeats not counted. */
export const published = counter({ name: 'holdfast_relay_published_total', help: 'Events stored in the stream.' });

/** Events that the stream had already: published before a crash, marked after it. */
export const repeated = counter({ name: 'holdfast_relay_repeated_total', help: 'Events the stream had already.' });

/** Interruptions of the relay, by the server that was the cause. */
export const failures = counter({
  name: 'holdfast_relay_failures_total',
  help: 'Interruptions of the relay; it goes on by itself.',
  labelNames: ['cause'],
});

/** Events published again because the stream had lost them. */
export const repaired = counter({
  name: 'holdfast_relay_repaired_total',
  help: 'Events published again because the stream had lost them.',
});

/** Age of the oldest journal row that is not in the stream. Alert on it. */
export const lagSeconds = gauge({
  name: 'holdfast_relay_lag_seconds',
  help: 'Age of the oldest journal row that is not in the stream; 0 without one.',
});

/** Journal rows that are not in the stream. */
export const waiting = gauge({ name: 'holdfast_relay_waiting', help: 'Journal rows that are not in the stream.' });

/** Partitions of the journal that this process relays. */
export const partitions = gauge({ name: 'holdfast_relay_partitions', help: 'Partitions of the journal that this process relays.' });

/** Time from the journal's commit to the stream's confirmation. */
export const delaySeconds = histogram({
  name: 'holdfast_relay_delay_seconds',
  help: 'Time from the writing of a journal row to the confirmation of the stream.',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300],
});
