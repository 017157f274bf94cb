import { readFileSync, readdirSync } from 'node:fs';
import { statFields } from '../bin/process-identity.mjs';

/** Ids of a group's processes that are more than zombies waiting for init. */
export function livingMembers(group: number): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      const fields = statFields(readFileSync(`/proc/${entry}/stat`, 'utf8'));
      return fields?.processGroup === group && fields.state !== 'Z';
    } catch {
      return false;
    }
  });
}
