/** Exit codes of the commands. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  /** Wrong flags or an unusable setting. */
  usage: 2,
  /** `stack status`: no supervisor runs (the code of init scripts for that). MAINTENANCE: tools/bench/src/own-stack.ts. */
  notRunning: 3,
  /** Ended by Ctrl-C before the work was done. */
  interrupted: 130,
} as const;
