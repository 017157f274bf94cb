/** One step of a path: a key, or an index (negative from the end). */
type Step = string | number;

/**
 * Reads `values.messages[-1].content` and its like out of a thread (`extract` of the thread search).
 * Own properties only; undefined when the path leads nowhere or is malformed.
 */
export function extractPath(root: unknown, path: string): unknown {
  const steps = parsePath(path);
  if (steps === undefined) return undefined;
  let current: unknown = root;
  for (const step of steps) {
    if (Array.isArray(current)) current = typeof step === 'number' ? current.at(step) : undefined;
    else if (typeof current === 'object' && current !== null && typeof step === 'string' && Object.hasOwn(current, step)) {
      current = (current as Record<string, unknown>)[step];
    } else return undefined;
  }
  return current;
}

/** The fields of a thread that the paths begin with. */
export function extractRoots(paths: Readonly<Record<string, string>> | null | undefined): string[] {
  return Object.values(paths ?? {}).flatMap((path) => (parsePath(path) ?? []).slice(0, 1).map(String));
}

function parsePath(path: string): Step[] | undefined {
  const steps: Step[] = [];
  for (const part of path.split('.')) {
    const match = /^([^[\]]*)((?:\[-?\d{1,9}\])*)$/.exec(part);
    if (match === null || part === '') return undefined;
    if (match[1] !== undefined && match[1] !== '') steps.push(match[1]);
    for (const index of match[2]?.matchAll(/\[(-?\d+)\]/g) ?? []) steps.push(Number(index[1]));
  }
  return steps;
}
