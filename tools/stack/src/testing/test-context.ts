import type { Progress } from '../kit/progress.ts';
import type { Settings } from '../settings.ts';
import type { Project } from './projects.ts';

/** What every step of `npm test` gets. */
export interface TestContext {
  readonly settings: Settings;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly projects: readonly Project[];
  /** Environment of every runner; without our own settings and addresses. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder for reports and output of this test run. */
  readonly results: string;
}
