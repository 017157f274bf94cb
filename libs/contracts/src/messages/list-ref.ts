/** Stands in a list for a row of its items: `sha256:<hex>` of their JSON text, which is an array, and how many they are. */
export interface ListRef {
  readonly $list: string;
  readonly count: number;
}

const HASH = /^sha256:[0-9a-f]{64}$/;

/** True for a reference to a part of a list. */
export function isListRef(value: unknown): value is ListRef {
  if (typeof value !== 'object' || value === null) return false;
  const { $list, count } = value as Partial<Record<keyof ListRef, unknown>>;
  return typeof $list === 'string' && HASH.test($list) && typeof count === 'number';
}

/** The hashes of all parts of lists in a value, each once. */
export function listHashes(value: unknown): string[] {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (isListRef(node)) found.add(node.$list);
    else for (const child of Array.isArray(node) ? (node as unknown[]) : Object.values(node)) walk(child);
  };
  walk(value);
  return [...found];
}

/** The value with its lists whole. A part whose text is not there, or is no list, stays as it is. */
export function withLists<T>(value: T, texts: ReadonlyMap<string, string>): T {
  return withItems(value, ({ $list }) => {
    const text = texts.get($list);
    return text === undefined ? undefined : itemsOf(text);
  });
}

/** {@link withLists} with what parts hold; undefined for one that stays as it is. Items are shared with the result. */
export function withItems<T>(value: T, itemsOfPart: (part: ListRef) => readonly unknown[] | undefined): T {
  const walk = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) {
      const items = node.flatMap((item: unknown) => (isListRef(item) ? (itemsOfPart(item) ?? [item]) : [walk(item)]));
      return items.length === node.length && items.every((item, i) => item === node[i]) ? node : items;
    }
    const entries = Object.entries(node).map(([key, child]) => [key, walk(child)] as const);
    return entries.every(([key, child]) => (node as Record<string, unknown>)[key] === child) ? node : Object.fromEntries(entries);
  };
  return walk(value) as T;
}

/** What the text of a part holds; undefined when it is no list. */
export function itemsOf(text: string): readonly unknown[] | undefined {
  try {
    const items: unknown = JSON.parse(text);
    return Array.isArray(items) ? items : undefined;
  } catch {
    // A caller's own value that names another text.
    return undefined;
  }
}
