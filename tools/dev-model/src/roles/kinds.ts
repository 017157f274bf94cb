import { asksForEcho, asksForSum } from '../small-tasks.ts';
import { asksAboutWorkspace } from '../workspace-survey.ts';

/** What a request is about: files, a small service (sums, echoes), or nothing that a tool is known for. */
export type Kind = 'files' | 'service' | 'talk';

/** The kind of a request, by its words. */
export function kindOf(request: string): Kind {
  if (asksForSum(request) || asksForEcho(request)) return 'service';
  return asksAboutWorkspace(request) ? 'files' : 'talk';
}

/** The parts of a request, between semicolons. */
export function partsOf(request: string): string[] {
  return request.split(';').map((part) => part.trim()).filter((part) => part !== '');
}
