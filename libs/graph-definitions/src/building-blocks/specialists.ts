import { type MemberName, teamOf } from './team';

/** Those who can be given tasks. */
export const SPECIALISTS = teamOf({
  researcher: { skill: 'lists folders and reads files', tools: ['filesystem__*'] },
  clerk: { skill: 'adds numbers, repeats texts, and other small services', tools: ['everything__*'] },
});

/** See {@link SPECIALISTS}. */
export type SpecialistName = MemberName<typeof SPECIALISTS>;
