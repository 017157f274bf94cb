import type { SystemMessage } from '@langchain/core/messages';
import { HANDOFF_FORM } from '../building-blocks/model-texts';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';
import { PEERS, type PeerName } from './peers';

/** System prompt of a peer. @param mayHandOver false when the handoffs of the run are used up */
export function peerPrompt(name: PeerName, mayHandOver: boolean): SystemMessage {
  const others = PEERS.names.filter((other) => other !== name);
  return systemPrompt(
    name,
    'swarm',
    `You are the one who ${PEERS.skillOf(name)}. Answer the person when the request is of that kind, with the tools that are offered.`,
    ...(mayHandOver
      ? [
          'When somebody else is the right one for what is left of it, hand over, with one line and nothing else:',
          HANDOFF_FORM,
          ...PEERS.listed(others),
        ]
      : ['You cannot hand over any more: answer with what there is.']),
    ONLY_WHAT_IS_KNOWN,
  );
}
