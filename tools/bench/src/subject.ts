/** One finished run, as its caller saw it. */
export interface Sample {
  /** From the request to the answer, milliseconds. */
  readonly latencyMs: number;
}

/** Something that runs three calls durably: the two sides of the comparison. */
export interface Subject {
  readonly name: string;
  /** Requests that were put off and sent again. */
  readonly refused?: number;
  /** Runs once. @throws when the run fails or its answer is wrong: a wrong answer must not count as a fast one. */
  run(index: number): Promise<Sample>;
  /** History bytes of one finished run. */
  historyBytes(): Promise<number>;
}

/** Runs `count` times with at most `inFlight` at once; returns the samples and the wall time in milliseconds. */
export async function load(subject: Subject, count: number, inFlight: number): Promise<{ samples: Sample[]; wallMs: number }> {
  const samples: Sample[] = [];
  let next = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (next < count) samples.push(await subject.run(next++));
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
  return { samples, wallMs: performance.now() - start };
}
