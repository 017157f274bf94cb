import type { JournalRow } from '@holdfast/contracts/events';
import { eventName } from './stream-modes';

/** An event of LangGraph's debug stream. */
export function debugEvent(type: 'checkpoint' | 'task' | 'task_result', ns: readonly string[], row: JournalRow, step: number, payload: unknown): { event: string; data: unknown } {
  return { event: eventName('debug', ns), data: { step, timestamp: row.time.toISOString(), type, payload } };
}

/** LangGraph writes the step into the metadata of a state. */
export function stepOfState(payload: unknown): number | undefined {
  const step = (payload as { metadata?: { step?: unknown } | null }).metadata?.step;
  return typeof step === 'number' ? step : undefined;
}
