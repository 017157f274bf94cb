import { INLINE_LIMIT_BYTES } from '../limits';

/** Stands in state for a long text: `sha256:<hex>` of its UTF-8 bytes, its size and its beginning. */
export interface BlobRef {
  readonly $blob: string;
  readonly bytes: number;
  readonly preview: string;
}

/** A text to be stored under its hash. */
export interface StoredBlob {
  readonly hash: string;
  readonly bytes: number;
  readonly body: string;
}

const PREVIEW_CHARS = 200;
const HASH = /^sha256:[0-9a-f]{64}$/;

/** True for the object form of a reference. */
export function isBlobRef(value: unknown): value is BlobRef {
  return isRecord(value) && typeof value['$blob'] === 'string' && HASH.test(value['$blob']);
}

/**
 * Replaces every long string by a reference. The `content` of a message becomes one text block that carries the reference, so
 * that it stays valid LangChain content. Strings up to the limit stay.
 * @param sha256Hex hash of the UTF-8 bytes, injected because the sandbox has none
 * @returns the new value (shares unchanged parts with the old one) and the texts to store before the value is used
 */
export function externalise(
  value: unknown,
  sha256Hex: (text: string) => string,
  limitBytes: number = INLINE_LIMIT_BYTES,
): { value: unknown; blobs: StoredBlob[] } {
  const blobs = new Map<string, StoredBlob>();
  const refOf = (text: string, bytes: number): BlobRef => {
    const hash = `sha256:${sha256Hex(text)}`;
    blobs.set(hash, { hash, bytes, body: text });
    return { $blob: hash, bytes, preview: previewOf(text) };
  };
  const walk = (node: unknown, key: string, parent: unknown): unknown => {
    if (typeof node === 'string') {
      const bytes = longerThan(node, limitBytes);
      if (bytes === undefined) return node;
      const ref = refOf(node, bytes);
      return key === 'content' && isMessageLike(parent)
        ? [{ type: 'text', text: ref.preview, $blob: ref.$blob, bytes: ref.bytes, preview: ref.preview }]
        : ref;
    }
    if (isBlobRef(node)) return node;
    return mapChildren(node, walk);
  };
  return { value: walk(value, '', undefined), blobs: [...blobs.values()] };
}

/** The hashes of all references in a value, each once. */
export function blobHashes(value: unknown): string[] {
  const found = new Set<string>();
  const walk = (node: unknown): unknown => {
    if (isBlobRef(node)) {
      found.add(node.$blob);
      return node;
    }
    return mapChildren(node, walk);
  };
  walk(value);
  return [...found];
}

/**
 * Puts the stored texts back in place of their references; the inverse of {@link externalise}.
 * A reference whose text is not in `bodies` stays as it is.
 */
export function hydrate<T>(value: T, bodies: ReadonlyMap<string, string>): T {
  const walk = (node: unknown): unknown => {
    if (isBlobRef(node)) return bodies.get(node.$blob) ?? node;
    if (Array.isArray(node) && node.length === 1 && isBlobRef(node[0]) && (node[0] as { type?: unknown }).type === 'text') {
      return bodies.get(node[0].$blob) ?? node;
    }
    return mapChildren(node, walk);
  };
  return walk(value) as T;
}

function mapChildren(node: unknown, visit: (child: unknown, key: string, parent: unknown) => unknown): unknown {
  if (Array.isArray(node)) {
    const next = node.map((child, i) => visit(child, String(i), node));
    return next.some((child, i) => child !== node[i]) ? next : node;
  }
  if (!isRecord(node)) return node;
  let changed = false;
  const entries = Object.entries(node).map(([key, child]) => {
    const next = visit(child, key, node);
    changed ||= next !== child;
    return [key, next] as const;
  });
  return changed ? Object.fromEntries(entries) : node;
}

/** The size when it exceeds the limit; encodes only strings that can. */
function longerThan(text: string, limit: number): number | undefined {
  if (text.length * 3 <= limit) return undefined;
  const bytes = new TextEncoder().encode(text).length;
  return bytes > limit ? bytes : undefined;
}

/** Never ends in the middle of a surrogate pair: a lone surrogate is not storable in PostgreSQL. */
function previewOf(text: string): string {
  const cut = text.slice(0, PREVIEW_CHARS);
  const last = cut.charCodeAt(cut.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut;
}

function isMessageLike(value: unknown): boolean {
  return isRecord(value) && (typeof value['type'] === 'string' || typeof value['role'] === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
