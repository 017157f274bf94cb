import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { resolve } from 'node:path';

/** Name of the trial's script in stacks. */
export const TRIAL = 'holdfast-trial.js';

/** Finds the author's code in stacks of the trial. */
export class StackPlaces {
  readonly #folder: string;
  readonly #own: ReadonlySet<string>;
  readonly #map: SourceMap;

  constructor(folder: string, own: readonly string[], map: SourceMapPayload) {
    this.#folder = folder;
    this.#own = new Set(own);
    this.#map = new SourceMap(map);
  }

  /** The innermost place in a file of the author's; undefined when there is none. */
  firstOwn(stack: string): { file: string; line: number } | undefined {
    for (const [, line = '1', column = '1'] of stack.matchAll(/holdfast-trial\.js:(\d+):(\d+)/g)) {
      const entry = this.#map.findEntry(Number(line) - 1, Number(column) - 1);
      if (!('originalSource' in entry)) continue;
      const file = resolve(this.#folder, entry.originalSource);
      if (this.#own.has(file)) return { file, line: entry.originalLine + 1 };
    }
    return undefined;
  }
}

/** Where a module exports a name; its first line when that cannot be seen. */
export function lineOfExport(file: string, name: string): number {
  const escaped = name.replace(/\W/g, '\\$&');
  const forms = name === 'default' ? 'export\\s+default|module\\.exports' : `export\\s[^;=]*\\b${escaped}\\b|exports\\.${escaped}\\b`;
  const text = readFileSync(file, 'utf8');
  const at = text.search(new RegExp(forms));
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}
