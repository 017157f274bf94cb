/** What a README says of its package. */
export interface ReadmeDigest {
  /** First heading without marks; undefined when there is none. */
  readonly title: string | undefined;
  /** First paragraph on one line, cut at a sentence end near 240 characters; undefined when there is none. */
  readonly purpose: string | undefined;
}

const MAX_PURPOSE = 240;
const NOT_PROSE = /^(?:[#|>!<=-]|```|\[!|\*\*\*|\d+\.\s|[-*+]\s)/;

function shorten(text: string): string {
  if (text.length <= MAX_PURPOSE) return text;
  const head = text.slice(0, MAX_PURPOSE);
  const sentence = head.lastIndexOf('. ');
  return sentence > MAX_PURPOSE / 3 ? head.slice(0, sentence + 1) : `${head.slice(0, head.lastIndexOf(' '))} …`;
}

/** First heading and first paragraph of a Markdown text. */
export function digestReadme(markdown: string): ReadmeDigest {
  let title: string | undefined;
  const paragraph: string[] = [];
  let fenced = false;
  for (const raw of markdown.split(/\r?\n/)) {
    const line = raw.trim();
    if (line.startsWith('```')) fenced = !fenced;
    if (fenced) continue;
    if (title === undefined && /^#{1,3}\s/.test(line)) title = line.replace(/^#+\s*/, '').replaceAll('`', '');
    else if (line !== '' && !NOT_PROSE.test(line)) paragraph.push(line);
    else if (paragraph.length > 0) break;
  }
  return { title, purpose: paragraph.length > 0 ? shorten(paragraph.join(' ')) : undefined };
}

/** `description` of a package.json text; undefined when it is no JSON or has none. */
export function packageDescription(json: string): string | undefined {
  const found = /"description"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(json);
  return found?.[1] === undefined ? undefined : shorten(found[1].replace(/\\(.)/g, '$1'));
}
