import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stack } from './config';

/** The question of the sample run (issue 3). */
export const SAMPLE_QUESTION = 'Which packages does this workspace contain and what is each for? Write a short summary.';

/** A package folder of the checkout with the first line of prose of its README, when it has one. */
export interface WorkspacePackage {
  /** Such as `libs/contracts`. */
  readonly folder: string;
  /** First paragraph after the title, words only; undefined without a README. */
  readonly purpose: string | undefined;
}

const CONTAINERS = ['apps', 'libs', 'tools'];

/** Reads the checkout with our own eyes: what the agent's answer must agree with. */
export function readWorkspace(): WorkspacePackage[] {
  return CONTAINERS.flatMap((container) =>
    readdirSync(join(stack.checkout, container), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|coverage$)/.test(entry.name))
      .map((entry) => ({ folder: `${container}/${entry.name}`, purpose: purposeOf(join(stack.checkout, container, entry.name, 'README.md')) })),
  );
}

function purposeOf(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const paragraph = text.split(/\n\s*\n/).map((block) => block.trim()).find((block) => block !== '' && !/^[#|`<!-]/.test(block));
  return paragraph;
}
