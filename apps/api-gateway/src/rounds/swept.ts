import { counter } from '@holdfast/nest-kit';

/** What the background work of the gateway had to take care of. */
export const swept = counter<'what'>({ name: 'holdfast_sweep_found_total', help: 'Rows that the sweep had to take care of.', labelNames: ['what'] });
