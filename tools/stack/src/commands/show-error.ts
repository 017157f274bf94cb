/** What a person reads when a command fails: our own errors speak for themselves, others come with their stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && code.startsWith('STACK_') ? error.message : (error.stack ?? error.message);
}
