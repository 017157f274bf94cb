/** One MCP content block; fields besides `type` depend on it. */
export type ContentBlock = { readonly type: string } & Readonly<Record<string, unknown>>;

const MIN_USEFUL_BYTES = 64;

/** What a model reads of a block: text as it is, everything else named with type and size. */
export function textOf(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return field(block, 'text');
    case 'image':
    case 'audio':
      return `[${block.type} ${field(block, 'mimeType') || 'of unknown type'}, ${base64Bytes(field(block, 'data'))} bytes]`;
    case 'resource_link':
      return `[resource ${field(block, 'name')} ${field(block, 'uri')}]`.replace(/ +/g, ' ');
    case 'resource':
      return textOfResource(block['resource']);
    default:
      return `[content of type ${block.type}]`;
  }
}

/** A text block cut so that its JSON has at most so many bytes; undefined for other blocks and when nothing useful would be left. */
export function cutTextBlock(block: ContentBlock, maxBytes: number): ContentBlock | undefined {
  if (block.type !== 'text' || maxBytes < MIN_USEFUL_BYTES) return undefined;
  const text = field(block, 'text');
  // JSON escapes make the size of a prefix unknown beforehand; it grows with the prefix, so bisection finds the longest that fits.
  let fits = 0;
  let over = Math.min(text.length, maxBytes) + 1;
  while (over - fits > 1) {
    const middle = (fits + over) >> 1;
    if (Buffer.byteLength(JSON.stringify({ type: 'text', text: wellFormedPrefix(text, middle) }), 'utf8') <= maxBytes) fits = middle;
    else over = middle;
  }
  return fits === 0 ? undefined : { type: 'text', text: wellFormedPrefix(text, fits) };
}

/** Stands for a block that is too large. */
export function placeholder(block: ContentBlock, bytes: number): ContentBlock {
  const kind = [block.type, field(block, 'mimeType')].filter((part) => part !== '').join(' ');
  return { type: 'text', text: `[${kind.slice(0, 100)}: ${bytes} bytes, too large to be passed on]` };
}

/** The first characters (UTF-16 units) of a text; never cuts a surrogate pair in two. */
export function wellFormedPrefix(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

function textOfResource(resource: unknown): string {
  if (typeof resource !== 'object' || resource === null) return '[resource]';
  const record = resource as Readonly<Record<string, unknown>>;
  const text = field(record, 'text');
  if (text !== '') return text;
  return `[resource ${field(record, 'uri')} ${field(record, 'mimeType')}, ${base64Bytes(field(record, 'blob'))} bytes]`.replace(/ +/g, ' ');
}

function field(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = record[name];
  return typeof value === 'string' ? value : '';
}

function base64Bytes(data: string): number {
  return Math.floor((data.replace(/=+$/, '').length * 3) / 4);
}
