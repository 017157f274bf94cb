import type { CallSite } from '../../graph';

/** Nodes of a run that have calls of any kind under way. */
export class CallingNodes {
  /** Calls under way by the node's namespace: that of its task, whatever people have answered it. */
  private readonly open = new Map<string, number>();

  /** A call of a node is under way. @returns ends that */
  begin({ path }: CallSite): () => void {
    const place = placeOf(path);
    this.open.set(place, (this.open.get(place) ?? 0) + 1);
    return () => {
      const left = this.open.get(place)! - 1;
      if (left > 0) this.open.set(place, left);
      else this.open.delete(place);
    };
  }

  /** Whether no call of the node is under way. */
  areDone({ path }: CallSite): boolean {
    return !this.open.has(placeOf(path));
  }
}

function placeOf(path: readonly string[]): string {
  return path.join('|');
}
