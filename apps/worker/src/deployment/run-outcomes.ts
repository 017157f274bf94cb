/** Counts the runs whose end this process wrote: how a build does is judged by it. */
export class RunOutcomes {
  #ended = 0;
  #failed = 0;

  /** See the class. */
  get counts(): { readonly ended: number; readonly failed: number } {
    return { ended: this.#ended, failed: this.#failed };
  }

  /** A run ended, once. */
  note(status: string): void {
    this.#ended += 1;
    if (status === 'error') this.#failed += 1;
  }
}
