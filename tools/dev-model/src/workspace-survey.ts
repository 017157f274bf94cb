import type { Conversation } from './conversation.ts';
import { digestReadme, packageDescription } from './readme-digest.ts';
import { findTool, hasParameter, isErrorText, type PlannedCall, resultsOf } from './tool-choice.ts';

/** A package folder and what the tools told about it. */
export interface Finding {
  /** Path relative to the workspace root, such as `libs/contracts`. */
  readonly folder: string;
  readonly description: string;
}

/** What the tools of this turn have told about a workspace so far. */
export interface Survey {
  /** Calls to make next; empty when everything is known or nothing can be done. */
  readonly next: readonly PlannedCall[];
  readonly findings: readonly Finding[];
  /** Why the survey cannot go on; undefined otherwise. */
  readonly obstacle: string | undefined;
}

const CONTAINERS = new Set(['apps', 'libs', 'packages', 'tools', 'services', 'plugins']);
const HIDDEN = /^(?:\.|node_modules$|dist$|coverage$)/;
const CALLS_PER_TURN = 12;
const MAX_PACKAGES = 60;
const README_LINES = 40;

const QUESTION = /\b(?:workspace|packages?|folders?|director(?:y|ies)|repositor(?:y|ies)|monorepo|librar(?:y|ies))\b/i;

/** Whether a question is about the workspace, its packages or its folders. */
export function asksAboutWorkspace(question: string): boolean {
  return QUESTION.test(question);
}

/** Names of the sub-folders in the text that `list_directory` returns (`[DIR] name` per line). */
export function foldersIn(listing: string): string[] {
  return [...listing.matchAll(/^\[DIR\]\s+(.+)$/gm)].map((m) => (m[1] ?? '').trim()).filter((name) => !HIDDEN.test(name));
}

function rootOf(conversation: Conversation): string | undefined {
  const answer = resultsOf(conversation, 'list_allowed_directories').at(-1)?.result ?? '';
  return /^\s*(\/.*?)\s*$/m.exec(answer)?.[1];
}

function listings(conversation: Conversation): Map<string, string> {
  return new Map(resultsOf(conversation, 'list_directory').map((e) => [String(e.args['path']), e.result]));
}

function texts(conversation: Conversation): Map<string, string> {
  return new Map(resultsOf(conversation, 'read_text_file').map((e) => [String(e.args['path']), e.result]));
}

/** Package folders that the listings of this turn show, relative to the root, in the order of the listings. */
export function listedPackages(conversation: Conversation): string[] {
  const root = rootOf(conversation);
  if (root === undefined) return [];
  const found: string[] = [];
  for (const [path, listing] of listings(conversation)) {
    const container = path.slice(root.length + 1);
    if (!path.startsWith(`${root}/`) || !CONTAINERS.has(container) || isErrorText(listing)) continue;
    found.push(...foldersIn(listing).map((name) => `${container}/${name}`));
  }
  return found.slice(0, MAX_PACKAGES);
}

function describe(root: string, folder: string, read: Map<string, string>): string {
  const readme = read.get(`${root}/${folder}/README.md`);
  if (readme !== undefined && !isErrorText(readme)) {
    const { title, purpose } = digestReadme(readme);
    if (title !== undefined || purpose !== undefined) return purpose ?? title ?? '';
  }
  const manifest = read.get(`${root}/${folder}/package.json`);
  const described = manifest === undefined ? undefined : packageDescription(manifest);
  return described ?? 'has no README that says what it is for.';
}

/** Decides from the results of this turn which calls come next and what is known. Pure. */
export function surveyWorkspace(conversation: Conversation): Survey {
  const allowed = findTool(conversation.tools, 'list_allowed_directories');
  const list = findTool(conversation.tools, 'list_directory', 'path');
  const read = findTool(conversation.tools, 'read_text_file', 'path');
  const stuck = (obstacle: string): Survey => ({ next: [], findings: [], obstacle });
  if (allowed === undefined || list === undefined || read === undefined) {
    return stuck('no tools to list folders and read files are offered');
  }
  if (resultsOf(conversation, 'list_allowed_directories').length === 0) {
    return { next: [{ name: allowed.name, args: {} }], findings: [], obstacle: undefined };
  }
  const root = rootOf(conversation);
  if (root === undefined) return stuck('the tools name no folder that may be read');
  const listed = listings(conversation);
  const rootListing = listed.get(root);
  if (rootListing === undefined) return { next: [{ name: list.name, args: { path: root } }], findings: [], obstacle: undefined };
  const containers = foldersIn(rootListing).filter((name) => CONTAINERS.has(name));
  if (containers.length === 0) return stuck(`${root} holds none of the folders ${[...CONTAINERS].join(', ')}`);
  const unlisted = containers.filter((name) => !listed.has(`${root}/${name}`));
  if (unlisted.length > 0) {
    return { next: unlisted.map((name) => ({ name: list.name, args: { path: `${root}/${name}` } })), findings: [], obstacle: undefined };
  }
  const packages = listedPackages(conversation);
  const known = texts(conversation);
  const readCall = (path: string): PlannedCall => ({
    name: read.name,
    args: hasParameter(read, 'head') ? { path, head: README_LINES } : { path },
  });
  const readmes = packages.map((folder) => `${root}/${folder}/README.md`).filter((path) => !known.has(path));
  if (readmes.length > 0) return { next: readmes.slice(0, CALLS_PER_TURN).map(readCall), findings: [], obstacle: undefined };
  const manifests = packages
    .filter((folder) => isErrorText(known.get(`${root}/${folder}/README.md`) ?? ''))
    .map((folder) => `${root}/${folder}/package.json`)
    .filter((path) => !known.has(path));
  if (manifests.length > 0) return { next: manifests.slice(0, CALLS_PER_TURN).map(readCall), findings: [], obstacle: undefined };
  return { next: [], findings: packages.map((folder) => ({ folder, description: describe(root, folder, known) })), obstacle: undefined };
}
