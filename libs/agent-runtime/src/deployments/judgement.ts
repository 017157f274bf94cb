/** How a build does. */
export interface BuildHealth {
  /** Runs that ended on it. */
  readonly ended: number;
  /** Those of them that ended with an error. */
  readonly failed: number;
  /** Workflows that are open on it. */
  readonly open: number;
  /** Those of them whose workflow task fails again and again: code that does not follow its own history. */
  readonly stuck: number;
}

/** So many stuck workflows are no accident of one. */
const FEWEST_STUCK = 2;
/** Runs that must have ended before a share of failures says something. */
const FEWEST_ENDED = 10;
/** So much higher than before may a share be. */
const MARGIN = 0.1;
/** Standard errors between two shares that are not chance: once in a thousand comparisons. */
const SIGNIFICANT = 3;

/**
 * Why the build must be taken back; undefined when nothing speaks against it. Compared with the build that it follows: what also failed
 * there (a model that is away, callers that ask for nonsense) is not its fault, and where nothing ended before there is nothing to compare with.
 */
export function reasonToTakeBack(build: BuildHealth, before: BuildHealth): string | undefined {
  const stuck = shareOf(build.stuck, build.open);
  if (build.stuck >= FEWEST_STUCK && stuck > shareOf(before.stuck, before.open) + MARGIN) {
    return `the workflow tasks of ${build.stuck} of ${build.open} open runs fail again and again`;
  }
  const [failed, failedBefore] = [shareOf(build.failed, build.ended), shareOf(before.failed, before.ended)];
  const isEnough = build.ended >= FEWEST_ENDED && before.ended >= FEWEST_ENDED;
  if (isEnough && failed > failedBefore + MARGIN && standardErrors(build, before) > SIGNIFICANT) {
    return `${build.failed} of ${build.ended} runs failed, ${before.failed} of ${before.ended} on the build before`;
  }
  return undefined;
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Two-proportion z-test: how far the shares of failed runs are apart. */
function standardErrors(build: BuildHealth, before: BuildHealth): number {
  const pooled = (build.failed + before.failed) / (build.ended + before.ended);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / build.ended + 1 / before.ended));
  return error === 0 ? 0 : (shareOf(build.failed, build.ended) - shareOf(before.failed, before.ended)) / error;
}
