import type { BaseMessage } from '@langchain/core/messages';
import type { MessageDto } from '@holdfast/contracts/messages';
import type { PlacedList } from '../../api';
import type { AbridgedMessages } from '../../graph';
import { toMessageDto } from '../../graph/messages';
import { canonicalText } from '../canonical-text';
import type { AskedPart, MessageLists, Part } from '../message-lists';
import { sha256 } from '../sha256';

/** Hexadecimal digits of a message's digest. */
const DIGITS = 24;

/**
 * Messages that a model is asked, by reference: parts of long lists that are stored go to the activity by the hash of their text. What the call is
 * named by is made of a digest of each message, wherever the list is cut: an execution that takes the run over may know other parts.
 */
export class AskedMessages {
  /** What was referred to, by the hash. */
  private readonly parts = new Map<string, AskedPart>();

  constructor(private readonly lists: MessageLists) {}

  /** See `CallPort.abridge`. */
  abridge(messages: readonly BaseMessage[]): AbridgedMessages {
    const own: BaseMessage[] = [];
    const lists: PlacedList[] = [];
    for (let at = 0; at < messages.length; ) {
      const part = this.lists.storedAt(messages, at);
      if (part === undefined) {
        own.push(messages[at]!);
        at += 1;
      } else {
        const { shown, count } = part.ref;
        this.parts.set(shown, (part.asked ??= askedOf(part)));
        lists.push({ $list: shown, count, at: own.length });
        at += count;
      }
    }
    return { messages: own, lists };
  }

  /** Characters that the messages of lists take. */
  sizeOf(lists: readonly PlacedList[]): number {
    return lists.reduce((sum, { $list }) => sum + this.partOf($list).characters, 0);
  }

  /** Digests of the messages in their order, without their ids: those of messages that a node makes come from the run's random numbers. */
  digestsOf(messages: readonly MessageDto[], lists: readonly PlacedList[] = []): string[] {
    const digests: string[] = [];
    let next = 0;
    for (let i = 0; i <= messages.length; i += 1) {
      for (; next < lists.length && lists[next]!.at === i; next += 1) digests.push(...this.partOf(lists[next]!.$list).digests);
      if (i < messages.length) digests.push(digestOf(textOf(messages[i]!)));
    }
    return digests;
  }

  private partOf(hash: string): AskedPart {
    const part = this.parts.get(hash);
    if (part === undefined) throw new Error(`${hash} is no list of this run`);
    return part;
  }
}

function askedOf({ messages }: Part): AskedPart {
  const texts = messages.map((message) => textOf(toMessageDto(message)));
  return { digests: texts.map(digestOf), characters: texts.reduce((sum, { length }) => sum + length, 0) };
}

function textOf({ id: _, ...message }: MessageDto): string {
  return canonicalText(message);
}

function digestOf(text: string): string {
  return sha256(text).slice(0, DIGITS);
}
