import { type MemberName, teamOf } from '../building-blocks/team';

/** Those who hand over to each other. The first one begins a thread. */
export const PEERS = teamOf({
  guide: { skill: 'greets people, finds out what they want, and answers what needs no tool', tools: [] },
  librarian: { skill: 'lists folders and reads files', tools: ['filesystem__*'] },
  clerk: { skill: 'adds numbers, repeats texts, and other small services', tools: ['everything__*'] },
});

/** See {@link PEERS}. */
export type PeerName = MemberName<typeof PEERS>;
