import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import type { Finding } from '../findings.ts';
import { type BundledGraphs, isOwn } from './bundle-graphs.ts';
import { importProblem } from './import-rules.ts';

/** How a refused module is reached from a file of the folder. */
interface Chain {
  /** The file of the folder, relative to it. */
  readonly from: string;
  /** What its import says. */
  readonly specifier: string;
  /** The modules from the first package file to the refused one. */
  readonly steps: readonly string[];
}

/** A finding for every import of the folder's files that reaches a module which cannot run in a workflow. */
export function findRefusedImports(folder: string, { metafile }: BundledGraphs): Finding[] {
  const byImport = new Map<string, Chain[]>();
  for (const chain of chainsOf(metafile)) {
    const key = `${chain.from}\0${chain.specifier}`;
    byImport.set(key, [...(byImport.get(key) ?? []), chain]);
  }
  return [...byImport.values()].map((chains) => findingOf(folder, chains));
}

function findingOf(folder: string, chains: readonly Chain[]): Finding {
  const [{ from, specifier, steps }] = chains as [Chain];
  const target = steps.at(-1) ?? specifier;
  const others = chains.length === 1 ? '' : ` and ${chains.length - 1} more`;
  const way = steps.length < 2 ? specifier : `${specifier} reaches ${target} (${[from, ...steps].map(withoutFolders).join(' → ')})${others}`;
  const file = resolve(folder, from);
  return { file, line: lineOfImport(file, specifier), severity: 'refused', reason: `${way}: ${importProblem(target) ?? 'it cannot run in a workflow'}` };
}

/** Every refused module that is left in the bundle, with the shortest way to it from each file of the folder that leads there. */
function chainsOf({ inputs, outputs }: BundledGraphs['metafile']): Chain[] {
  const output = Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined) ?? Object.values(outputs).find(({ imports }) => imports.length > 0);
  const used = new Set((output?.imports ?? []).map(({ path }) => path).filter((path) => importProblem(path) !== undefined));
  const importers = new Map<string, { readonly by: string; readonly specifier: string }[]>();
  for (const [by, { imports }] of Object.entries(inputs)) {
    for (const { path, original } of imports) importers.set(path, [...(importers.get(path) ?? []), { by, specifier: original ?? path }]);
  }
  const isInBundle = (input: string): boolean => (output?.inputs[input]?.bytesInOutput ?? 0) > 0;
  return [...used].flatMap((target) => {
    const ends = (importers.get(target) ?? []).filter(({ by }) => isInBundle(by));
    return ends.flatMap(({ by, specifier }) => (isOwn(by) ? [{ from: by, specifier, steps: [target] }] : shortestWays(by, target, importers)));
  });
}

/** Goes back from a package's file to the nearest files of the folder. */
function shortestWays(last: string, target: string, importers: ReadonlyMap<string, readonly { by: string; specifier: string }[]>): Chain[] {
  const seen = new Set([last]);
  let level: { readonly at: string; readonly steps: readonly string[] }[] = [{ at: last, steps: [last, target] }];
  while (level.length > 0) {
    const edges = level.flatMap(({ at, steps }) => (importers.get(at) ?? []).map((edge) => ({ ...edge, steps })));
    const found = edges.filter(({ by }) => isOwn(by)).map(({ by, specifier, steps }) => ({ from: by, specifier, steps }));
    if (found.length > 0) return found;
    level = edges.filter(({ by }) => !seen.has(by) && seen.add(by)).map(({ by, steps }) => ({ at: by, steps: [by, ...steps] }));
  }
  return [];
}

function withoutFolders(path: string): string {
  return path.replace(/^.*node_modules[\\/]/, '');
}

function lineOfImport(file: string, specifier: string): number {
  const text = readFileSync(file, 'utf8');
  const found = ts.preProcessFile(text, true, true).importedFiles.find(({ fileName }) => fileName === specifier);
  return found === undefined ? 1 : text.slice(0, found.pos).split('\n').length;
}
