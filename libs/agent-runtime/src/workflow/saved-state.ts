/** What a run has used up when a checkpoint is made; a new workflow execution that carries the run on continues from it. */
export interface SavedRun {
  readonly runId: string;
  /** Index of the run's next model or tool call. */
  readonly calls: number;
  /** Supersteps done. */
  readonly steps: number;
}

interface Header {
  readonly v: 1;
  readonly run: SavedRun | null;
}

/**
 * The `saved` text of a checkpoint: a header line, then LangGraph's state. The run's counters are in the header, so that a step that
 * is repeated from here names its calls as it did the first time, whoever repeats it.
 */
export function packSaved(run: SavedRun | null, dump: string): string {
  return `${JSON.stringify({ v: 1, run } satisfies Header)}\n${dump}`;
}

/**
 * Reads {@link packSaved}. The counters of another run mean nothing here: then they start at zero.
 * @throws TypeError for a text of another version.
 */
export function unpackSaved(saved: string | null, runId: string): { readonly dump: string | null; readonly run: SavedRun } {
  const fresh: SavedRun = { runId, calls: 0, steps: 0 };
  if (saved === null) return { dump: null, run: fresh };
  const lineEnd = saved.indexOf('\n');
  const header = JSON.parse(saved.slice(0, Math.max(lineEnd, 0))) as Partial<Header>;
  if (header.v !== 1) throw new TypeError('checkpoint was saved in a form that this build does not read');
  return { dump: saved.slice(lineEnd + 1), run: header.run?.runId === runId ? header.run : fresh };
}
