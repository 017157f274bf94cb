import { readFile } from 'node:fs/promises';
import type { GraphDescription } from '@holdfast/agent-runtime/graph';
import { z } from 'zod';

const data = z.record(z.string(), z.unknown());
const loads = z.object({ version: z.string(), migrations: z.array(z.object({ from: z.string(), to: z.string() })) });
const described = { graphId: z.string(), description: z.string(), structure: data, schemas: data, loads: loads.exactOptional(), compensate: z.string().exactOptional() };
const schema = z.array(z.object(described));

/**
 * The graphs in a bundle that are not Holdfast's own, from the file beside it that tools/graphs writes.
 * @returns none when there is no such file
 * @throws ZodError when the file has another form
 */
export async function readOutsideGraphs(file: string): Promise<readonly GraphDescription[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return schema.parse(JSON.parse(text));
}
