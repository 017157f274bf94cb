/** A peer: what the others are told, and the tools of its trade. */
export interface Peer {
  readonly skill: string;
  /** Unless `config.configurable.<name>_tools` says otherwise. */
  readonly tools: readonly string[];
}

/** Those who hand over to each other. The first one begins a thread. */
export const PEERS = {
  guide: { skill: 'greets people, finds out what they want, and answers what needs no tool', tools: [] },
  librarian: { skill: 'lists folders and reads files', tools: ['filesystem__*'] },
  clerk: { skill: 'adds numbers, repeats texts, and other small services', tools: ['everything__*'] },
} as const satisfies Record<string, Peer>;

/** See {@link PEERS}. */
export type PeerName = keyof typeof PEERS;

/** All of them. */
export const PEER_NAMES = Object.keys(PEERS) as PeerName[];

/** True for the name of a peer. */
export function isPeer(name: string): name is PeerName {
  return Object.hasOwn(PEERS, name);
}
