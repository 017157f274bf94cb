import type { SubjectFigures } from '../measure';
import type { OpenRunsFigures } from './open-runs';
import type { ReplayFigures } from './replay';
import type { SoakFigures } from './soak';
import type { TurnFigures } from './turns';
import type { WaitingFigures } from './waiting';
import type { WaitsFigures } from './waits';

/** What `bench runtime` found. */
export interface RuntimeReport extends Partial<RuntimeFigures> {
  readonly loadBefore: number;
}

/** The figures of each part, Holdfast's before those of plain Temporal. */
export interface RuntimeFigures {
  readonly workloads: readonly { readonly name: string; readonly subjects: readonly SubjectFigures[] }[];
  readonly open: readonly OpenRunsFigures[];
  readonly waiting: readonly WaitingFigures[];
  readonly waits: readonly WaitsFigures[];
  readonly turns: TurnFigures;
  readonly replay: ReplayFigures;
  readonly soak: SoakFigures;
}
