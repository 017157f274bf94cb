import { ApplicationFailure } from '@temporalio/workflow';
import type { CancelRunCommand, EditStateCommand, InjectInputCommand, ResumeRunCommand, RunDelivery } from '../api';

/**
 * Update validators. Our own client is the only sender, so they look for what would break the workflow later, by hand: a schema
 * library would double the bundle.
 */
export function requireDelivery(delivery: RunDelivery): void {
  requireText(delivery, 'runId');
  requireText(delivery, 'graphId');
}

/** See {@link requireDelivery}. */
export function requireCancelRun(command: CancelRunCommand): void {
  requireText(command, 'runId');
  if (!['interrupt', 'rollback', 'compensate'].includes(command.action)) refuse('action: interrupt, rollback or compensate');
}

/** See {@link requireDelivery}. */
export function requireEditState(command: EditStateCommand): void {
  requireText(command, 'commandId');
  requireText(command, 'graphId');
  if (command.subGraph !== undefined) requireText(command.subGraph, 'ns');
  if (typeof (command.subGraph ?? command).values !== 'object') refuse('values: an object or null');
}

/** See {@link requireDelivery}. */
export function requireInjectInput(command: InjectInputCommand): void {
  requireText(command, 'commandId');
  requireText(command, 'runId');
  if (typeof command.values !== 'object' || command.values === null) refuse('values: an object');
}

/** See {@link requireDelivery}. */
export function requirePauseRun(command: ResumeRunCommand): void {
  requireText(command, 'commandId');
  requireText(command, 'runId');
  requireText(command, 'by');
}

function requireText(value: unknown, key: string): void {
  const text: unknown = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  if (typeof text !== 'string' || text === '') refuse(`${key}: text`);
}

function refuse(problem: string): never {
  throw ApplicationFailure.create({ type: 'INVALID_ARGUMENT', message: problem, nonRetryable: true });
}
