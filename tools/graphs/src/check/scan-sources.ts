import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename, resolve } from 'node:path';
import { Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import type { Finding } from '../findings.ts';
import { type BundledGraphs, isOwn } from './bundle-graphs.ts';
import { REFUSED_GLOBALS, REFUSED_SYNTAX, SUSPICIOUS_GLOBALS, SUSPICIOUS_SYNTAX } from './source-rules.ts';

const globalsRule = (rules: Readonly<Record<string, string>>): Linter.RuleEntry => [
  'error',
  { globals: Object.entries(rules).map(([name, message]) => ({ name, message })), checkGlobalObject: true, globalObjects: ['global'] },
];

const syntaxRule = (rules: Readonly<Record<string, string>>): Linter.RuleEntry => [
  'error',
  ...Object.entries(rules).map(([selector, message]) => ({ selector, message })),
];

/** An ambient declaration hides a global from the rules above, and is there because the global is used. */
const declared = `VariableDeclaration[declare=true] > VariableDeclarator[id.name=/^(${Object.keys(REFUSED_GLOBALS).join('|')})$/]`;

const RULES: Readonly<Record<Finding['severity'], Linter.RulesRecord>> = {
  refused: {
    'no-restricted-globals': globalsRule(REFUSED_GLOBALS),
    'no-restricted-syntax': syntaxRule({ ...REFUSED_SYNTAX, [declared]: 'it is not there in a workflow, whatever is declared' }),
  },
  suspicious: { 'no-restricted-globals': globalsRule(SUSPICIOUS_GLOBALS), 'no-restricted-syntax': syntaxRule(SUSPICIOUS_SYNTAX) },
};

/** Looks for code that cannot work in a workflow, or hardly as meant, in files of a folder (not in packages). */
export function scanSources(files: readonly string[]): Finding[] {
  const linter = new Linter({ configType: 'flat' });
  return files.filter((file) => /\.[cm]?[jt]s$/.test(file)).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return Object.entries(RULES).flatMap(([severity, rules]) =>
      linter
        .verify(text, [{ files: ['**/*.{ts,mts,cts,js,mjs,cjs}'], languageOptions: { parser: parser as Linter.Parser }, rules }], { filename: basename(file), allowInlineConfig: false })
        .map(({ line, message }) => ({ file, line, severity: severity as Finding['severity'], reason: withoutPreface(message) })),
    );
  });
}

/** zod names many globals for kinds of schemas that nobody has in a state; our own graphs run with it. */
const KNOWN_TO_RUN = /node_modules[\\/]zod[\\/]/;

/**
 * Looks for globals that a workflow lacks in what the bundle holds of packages. Only suspicious: a package may ask before it uses one,
 * and may have ways that no graph takes.
 */
export function scanPackages(folder: string, { code, map }: BundledGraphs): Finding[] {
  const places = new SourceMap(JSON.parse(map) as SourceMapPayload);
  const lines = code.split('\n');
  const messages = new Linter({ configType: 'flat' }).verify(code, [{ rules: { 'no-restricted-globals': globalsRule(REFUSED_GLOBALS) } }], { allowInlineConfig: false });
  const found = messages.flatMap(({ line, column, message }): Finding[] => {
    if (/typeof\s*$/.test(lines[line - 1]?.slice(0, column - 1) ?? '')) return [];
    const entry = places.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry) || isOwn(entry.originalSource) || KNOWN_TO_RUN.test(entry.originalSource)) return [];
    const file = resolve(folder, entry.originalSource);
    return [{ file, line: entry.originalLine + 1, severity: 'suspicious', reason: `${withoutPreface(message)}; what calls it fails the run` }];
  });
  // one is enough for each file and global
  return [...new Map(found.map((finding) => [`${finding.file}\0${finding.reason}`, finding])).values()];
}

/** `Unexpected use of 'fetch'. reason` → `fetch: reason` */
function withoutPreface(message: string): string {
  return message.replace(/^Unexpected use of '(.+?)'\. /, '$1: ');
}
