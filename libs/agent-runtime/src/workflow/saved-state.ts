import type { CallNaming } from '../api';
import type { RenamedTasks } from './sandbox/renamed-tasks';

/** What a run has used up when a checkpoint is made; a new workflow execution that carries the run on continues from it. */
export interface SavedRun {
  readonly runId: string;
  /** {@link CallRef.originRunId} of its calls. */
  readonly originRunId: string;
  /** Of its calls; unknown of a run that has stored no state. */
  readonly callNaming?: CallNaming;
  /** Supersteps done. */
  readonly steps: number;
  /** What was put into it while it was driven: checkpoints by command id. */
  readonly injected?: readonly (readonly [string, string])[];
}

/** Which build's form the state has. */
export interface SavedForm {
  readonly graphId: string;
  /** Version of the graph. */
  readonly version: string;
  /** Of checkpoints that an older version made, see {@link RenamedTasks}. */
  readonly renamed?: RenamedTasks;
}

interface Header {
  /** 2 with lists. */
  readonly v: 1 | 2;
  readonly run: SavedRun | null;
  /** Absent in texts of builds that knew no migrations. */
  readonly form?: SavedForm;
  /** Hashes of the parts of lists that the state names; see `savedLists`. */
  readonly lists?: readonly string[];
}

/**
 * The `saved` text of a checkpoint: a header line, then LangGraph's state. The run's counters are in the header, so that a run that is
 * carried on from here counts on, whoever does it.
 */
export function packSaved(run: SavedRun | null, dump: string, form?: SavedForm, lists: readonly string[] = []): string {
  const header: Header = { v: lists.length === 0 ? 1 : 2, run, ...(form === undefined ? {} : { form }), ...(lists.length === 0 ? {} : { lists }) };
  return `${JSON.stringify(header)}\n${dump}`;
}

/** The form of a state by the first line of its text; undefined when a build that knew no migrations made it. */
export function formOf(header: string): SavedForm | undefined {
  return (JSON.parse(header) as Partial<Header>).form;
}

/** What {@link unpackSaved} gives. */
export interface UnpackedState {
  readonly dump: string | null;
  readonly run: SavedRun;
  readonly form?: SavedForm;
  /** Another run has made it. */
  readonly isOfAnother?: true;
}

/**
 * Reads {@link packSaved}. The counters of another run mean nothing here: then they start at zero.
 * @param goesOn the run goes on from where that other one stopped, without input of its own: its calls stand in the other's ledgers
 * @throws TypeError for a text of another version.
 */
export function unpackSaved(saved: string | null, runId: string, goesOn: boolean): UnpackedState {
  const fresh: SavedRun = { runId, originRunId: runId, steps: 0 };
  if (saved === null) return { dump: null, run: fresh };
  const lineEnd = saved.indexOf('\n');
  const header = JSON.parse(saved.slice(0, Math.max(lineEnd, 0))) as Partial<Header>;
  if (header.v !== 1 && header.v !== 2) throw new TypeError('checkpoint was saved in a form that this build does not read');
  const state = { dump: saved.slice(lineEnd + 1), ...(header.form === undefined ? {} : { form: header.form }) };
  if (header.run == null) return { ...state, run: fresh };
  // Builds that knew no other naming did not tell it.
  const { runId: storedBy, originRunId, callNaming = 'place' } = header.run;
  if (storedBy === runId) return { ...state, run: { ...header.run, callNaming } };
  return { ...state, isOfAnother: true, run: goesOn ? { ...fresh, originRunId, callNaming } : fresh };
}
