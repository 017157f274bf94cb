import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';

type History = ReturnType<typeof historyFromJSON>;

/** A history with the name that people know it by. */
export interface RecordedHistory {
  readonly name: string;
  readonly workflowId: string;
  readonly history: History;
}

interface HistoryFile {
  readonly workflowId: string;
  readonly history: unknown;
}

/** `<name>.json`, or compressed `<name>.json.gz`; `build.json` tells of its neighbours. */
const HISTORY_FILE = /^(?!build\.json$)(.+)\.json(\.gz)?$/;

/** Reads the histories of one folder, by name. */
export async function readHistoryFiles(folder: string): Promise<RecordedHistory[]> {
  const matches = (await readdir(folder)).sort().map((file) => HISTORY_FILE.exec(file));
  return Promise.all(matches.flatMap((match) => (match === null ? [] : [readHistory(folder, match)])));
}

async function readHistory(folder: string, [file, name = '', compressed]: RegExpExecArray): Promise<RecordedHistory> {
  const bytes = await readFile(join(folder, file));
  const { workflowId, history } = JSON.parse((compressed === undefined ? bytes : gunzipSync(bytes)).toString('utf8')) as HistoryFile;
  return { name, workflowId, history: historyFromJSON(history) };
}

/** Writes a history as `<name>.json.gz`, of which there must be none; the field `history` has the form of other Temporal tools. */
export async function writeHistoryFile(folder: string, { name, workflowId, history }: RecordedHistory): Promise<void> {
  const file: HistoryFile = { workflowId, history: JSON.parse(historyToJSON(history)) as unknown };
  await writeFile(join(folder, `${name}.json.gz`), gzipSync(JSON.stringify(file), { level: 9 }), { flag: 'wx' });
}
