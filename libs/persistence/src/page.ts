/** Limit and offset with the protocol's defaults and bounds: 10, at most 1000. */
export function page(query: { limit?: number | undefined; offset?: number | undefined }): { limit: number; offset: number } {
  return { limit: Math.min(Math.max(query.limit ?? 10, 1), 1_000), offset: Math.max(query.offset ?? 0, 0) };
}

/** Builds the WHERE part of a search: each call of `add` appends a condition whose `?` stands for the parameter. */
export class Conditions {
  readonly params: unknown[] = [];
  readonly #parts: string[] = [];

  /** Skips undefined values: a condition that was not asked for. */
  add(condition: string, value: unknown): this {
    if (value === undefined) return this;
    this.params.push(value);
    this.#parts.push(condition.replace('?', `$${this.params.length}`));
    return this;
  }

  /** `WHERE …`, or nothing. */
  get where(): string {
    return this.#parts.length === 0 ? '' : `WHERE ${this.#parts.join(' AND ')}`;
  }
}

/** Text for a LIKE pattern that finds it anywhere. */
export function anywhere(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
