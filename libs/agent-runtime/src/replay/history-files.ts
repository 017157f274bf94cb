import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Reads the histories of a folder, by name. */
export async function readHistories(folder: string): Promise<RecordedHistory[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => {
      const { workflowId, history } = JSON.parse(await readFile(join(folder, file), 'utf8')) as HistoryFile;
      return { name: file.slice(0, -'.json'.length), workflowId, history: historyFromJSON(history) };
    }),
  );
}

/** Writes a history as `<name>.json`; the field `history` has the form of other Temporal tools. */
export async function writeHistory(folder: string, { name, workflowId, history }: RecordedHistory): Promise<void> {
  const file: HistoryFile = { workflowId, history: JSON.parse(historyToJSON(history)) as unknown };
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(file)}\n`);
}
