import type { DerivedMode } from './stream-modes';

/** An event of a mode that the journal does not hold as such. */
export interface DerivedEvent {
  readonly mode: DerivedMode;
  readonly ns: readonly string[];
  /** Undefined: it has a number and is not shown, because this viewer has it in another form. */
  data(): unknown;
}
