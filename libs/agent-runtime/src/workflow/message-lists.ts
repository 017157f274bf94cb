import { BaseMessage } from '@langchain/core/messages';
import type { ListRef, StoredBlob } from '@holdfast/contracts/messages';
import { toApiForm } from '../graph';
import { sha256 } from './sha256';
import { utf8Bytes } from './stored-size';

/** Messages of a part; a shorter list stands as it is. */
export const PART_LENGTH = 32;

const OTHER_FIELDS = ['status', 'artifact', 'usage_metadata', 'tool_call_id'] as const;

/** Part of a list in a saved state, with the part of the same messages in the values that the API shows. */
export interface SavedListRef extends ListRef {
  readonly shown: string;
}

/** A part of a list with the messages that it stands for. */
export interface Part {
  readonly messages: readonly BaseMessage[];
  /** What each message held when the texts were made. */
  readonly held: readonly (readonly unknown[])[];
  readonly ref: SavedListRef;
  /** Of its text in a saved state. */
  readonly bytes: number;
  /** The texts are in the database. */
  isStored: boolean;
  /** It was read from a text in the workflow's history, as every replay reads it; one that a node has made may depend on the clock. */
  readonly isRecorded: boolean;
  /** Made when a model is first asked it. */
  asked?: AskedPart;
}

/** What a call says of the messages of a part. */
export interface AskedPart {
  /** One per message. */
  readonly digests: readonly string[];
  readonly characters: number;
}

/**
 * Long lists of messages, by reference: what a turn adds is stored, not the conversation again in every checkpoint. A list is cut into parts of
 * {@link PART_LENGTH} from its beginning, each stored under the hash of its text; the rest of it stays in the checkpoint. A part is
 * known again by its messages, so that it is written and hashed once in a workflow execution.
 */
export class MessageLists {
  /** By the first message. */
  private readonly parts = new WeakMap<BaseMessage, Part>();
  private texts: StoredBlob[] = [];
  /** Parts whose texts are among `texts`, and those of the last time: they are being stored. */
  private made: Part[] = [];
  private leaving: Part[] = [];
  /** Of the state that was written last, by the hashes of their texts. */
  private named = new Map<string, Part>();

  /** @param textOf text of messages in a saved state */
  constructor(private readonly textOf: (messages: readonly BaseMessage[]) => string) {}

  /** A list as it stands in a saved state: references, then the items behind the last part. Undefined for a list that stays whole. */
  saved(list: readonly unknown[]): { readonly refs: readonly SavedListRef[]; readonly rest: readonly unknown[] } | undefined {
    const parts = this.partsOf(list, (from) => this.partAt(list, from));
    if (parts.length === 0) return undefined;
    for (const part of parts) this.named.set(part.ref.$list, part);
    return { refs: parts.map(({ ref }) => ref), rest: list.slice(parts.length * PART_LENGTH) };
  }

  /** How many items at the beginning of a list are parts that were stored as they are now, and the bytes of their texts. */
  measured(list: readonly unknown[]): { readonly count: number; readonly bytes: number } {
    const parts = this.partsOf(list, (from) => this.knownAt(list, from));
    return { count: parts.length * PART_LENGTH, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** The stored part that begins at this place of a list, as long as its messages are as they were stored. */
  storedAt(list: readonly unknown[], from: number): Part | undefined {
    const part = this.knownAt(list, from);
    return part?.isStored === true ? part : undefined;
  }

  /** Another state is about to be written. */
  startState(): void {
    this.named = new Map();
  }

  /** Parts of the state that was written last, as far as their messages are as they were stored. */
  partsOfState(): Part[] {
    return [...this.named.values()].filter(isUnchanged);
  }

  /** Values of the state in the API's form, with references in long lists. */
  shown(values: unknown): unknown {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) return toApiForm(values);
    return Object.fromEntries(Object.entries(values).map(([channel, value]) => [channel, this.shownValue(value)]));
  }

  /**
   * Texts that the journal has to store before a state that refers to them; each once. Commits follow one another: whoever asks again has stored those
   * of the last time.
   */
  takeTexts(): StoredBlob[] {
    const { texts } = this;
    this.texts = [];
    for (const part of this.leaving) part.isStored = true;
    this.leaving = this.made;
    this.made = [];
    return texts;
  }

  /** Bytes of the texts of parts, by their hashes. */
  bytesOf(hashes: Iterable<string>): number {
    let bytes = 0;
    for (const hash of hashes) bytes += this.named.get(hash)?.bytes ?? 0;
    return bytes;
  }

  /** A part of a state that was loaded: its texts are stored. */
  loaded(messages: readonly BaseMessage[], ref: SavedListRef, text: string): void {
    if (messages.length === PART_LENGTH) this.kept({ messages, held: messages.map(heldBy), ref, bytes: utf8Bytes(text), isStored: true, isRecorded: true });
  }

  /** A part that another turn has left here. */
  kept(part: Part): void {
    this.parts.set(part.messages[0]!, part);
  }

  private shownValue(value: unknown): unknown {
    const list = Array.isArray(value) ? this.saved(value) : undefined;
    if (list === undefined) return toApiForm(value);
    return [...list.refs.map(({ shown, count }): ListRef => ({ $list: shown, count })), ...(toApiForm(list.rest) as unknown[])];
  }

  private partsOf(list: readonly unknown[], at: (from: number) => Part | undefined): Part[] {
    const parts: Part[] = [];
    for (let from = 0; from + PART_LENGTH <= list.length; from += PART_LENGTH) {
      const part = at(from);
      if (part === undefined) break;
      parts.push(part);
    }
    return parts;
  }

  private knownAt(list: readonly unknown[], from: number): Part | undefined {
    const first = list[from];
    const known = typeof first === 'object' && first !== null ? this.parts.get(first as BaseMessage) : undefined;
    return known?.messages.every((message, i) => message === list[from + i]) === true && isUnchanged(known) ? known : undefined;
  }

  private partAt(list: readonly unknown[], from: number): Part | undefined {
    const known = this.knownAt(list, from);
    if (known !== undefined) return known;
    const messages = list.slice(from, from + PART_LENGTH);
    if (!messages.every((message) => BaseMessage.isInstance(message))) return undefined;
    const text = this.keep(this.textOf(messages));
    const ref = { $list: text.hash, count: PART_LENGTH, shown: this.keep(JSON.stringify(toApiForm(messages))).hash };
    const part = { messages, held: messages.map(heldBy), ref, bytes: text.bytes, isStored: false, isRecorded: false };
    this.parts.set(messages[0]!, part);
    this.made.push(part);
    return part;
  }

  private keep(body: string): StoredBlob {
    const text = { hash: `sha256:${sha256(body)}`, bytes: utf8Bytes(body), body };
    this.texts.push(text);
    return text;
  }
}

function isUnchanged({ messages, held }: Part): boolean {
  return messages.every((message, i) => holdsStill(message, held[i]!));
}

function heldBy(message: BaseMessage): unknown[] {
  const held: unknown[] = [];
  visitHeld(message, (item) => held.push(item) > 0);
  return held;
}

function holdsStill(message: BaseMessage, held: readonly unknown[]): boolean {
  let at = 0;
  return visitHeld(message, (item) => at < held.length && item === held[at++]) && at === held.length;
}

/**
 * What can be changed in a message, but for what lies deeper than the arguments of a tool call: a changed one is stored again. Asked of every message of
 * a conversation several times in a superstep, so it makes no objects.
 * @param visit says whether to go on
 * @returns whether it did to the end
 */
function visitHeld(message: BaseMessage, visit: (item: unknown) => boolean): boolean {
  const { content, additional_kwargs: more, response_metadata: metadata } = message;
  const fields = message as unknown as Record<string, unknown>;
  if (!(visit(message.id) && visit(message.name) && visit(content))) return false;
  if (typeof content !== 'string') for (const block of content) if (!visit(block)) return false;
  for (const name of OTHER_FIELDS) if (!visit(fields[name])) return false;
  for (const key in more) if (!(visit(key) && visit(more[key]))) return false;
  for (const key in metadata) if (!(visit(key) && visit((metadata as Record<string, unknown>)[key]))) return false;
  const calls = fields['tool_calls'] as readonly { readonly args: unknown }[] | undefined;
  for (const call of calls ?? []) if (!(visit(call) && visit(call.args))) return false;
  return true;
}
