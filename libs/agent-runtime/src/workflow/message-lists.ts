import { BaseMessage } from '@langchain/core/messages';
import type { ListRef, StoredBlob } from '@holdfast/contracts/messages';
import { toApiForm } from '../graph';
import { sha256 } from './sha256';
import { utf8Bytes } from './stored-size';

/** Messages of a part; a shorter list stands as it is. */
export const PART_LENGTH = 32;

/** Part of a list in a saved state, with the part of the same messages in the values that the API shows. */
export interface SavedListRef extends ListRef {
  readonly shown: string;
}

interface Part {
  readonly messages: readonly BaseMessage[];
  /** What each message held when the texts were made. */
  readonly held: readonly (readonly unknown[])[];
  readonly ref: SavedListRef;
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
  /** Bytes of texts by their hashes. */
  private readonly sizes = new Map<string, number>();

  /** @param textOf text of messages in a saved state */
  constructor(private readonly textOf: (messages: readonly BaseMessage[]) => string) {}

  /** A list as it stands in a saved state: references, then the items behind the last part. Undefined for a list that stays whole. */
  saved(list: readonly unknown[]): { readonly refs: readonly SavedListRef[]; readonly rest: readonly unknown[] } | undefined {
    const refs: SavedListRef[] = [];
    for (let from = 0; from + PART_LENGTH <= list.length; from += PART_LENGTH) {
      const part = this.partAt(list, from);
      if (part === undefined) break;
      refs.push(part.ref);
    }
    return refs.length === 0 ? undefined : { refs, rest: list.slice(refs.length * PART_LENGTH) };
  }

  /** Values of the state in the API's form, with references in long lists. */
  shown(values: unknown): unknown {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) return toApiForm(values);
    return Object.fromEntries(Object.entries(values).map(([channel, value]) => [channel, this.shownValue(value)]));
  }

  /** Texts that the journal has to store before a state that refers to them; each once. */
  takeTexts(): StoredBlob[] {
    const { texts } = this;
    this.texts = [];
    return texts;
  }

  /** Bytes of the texts of parts, by their hashes. */
  bytesOf(hashes: Iterable<string>): number {
    let bytes = 0;
    for (const hash of hashes) bytes += this.sizes.get(hash) ?? 0;
    return bytes;
  }

  /** A text of a state that was loaded. */
  loadedText(hash: string, text: string): void {
    this.sizes.set(hash, utf8Bytes(text));
  }

  /** A part of a state that was loaded: its texts are stored. */
  loaded(messages: readonly BaseMessage[], ref: SavedListRef): void {
    if (messages.length === PART_LENGTH) this.parts.set(messages[0]!, { messages, held: messages.map(heldBy), ref });
  }

  private shownValue(value: unknown): unknown {
    const list = Array.isArray(value) ? this.saved(value) : undefined;
    if (list === undefined) return toApiForm(value);
    return [...list.refs.map(({ shown, count }): ListRef => ({ $list: shown, count })), ...(toApiForm(list.rest) as unknown[])];
  }

  private partAt(list: readonly unknown[], from: number): Part | undefined {
    const first = list[from];
    if (!BaseMessage.isInstance(first)) return undefined;
    const known = this.parts.get(first);
    if (known?.messages.every((message, i) => message === list[from + i] && sameItems(heldBy(message), known.held[i]!)) === true) return known;
    const messages = list.slice(from, from + PART_LENGTH);
    if (!messages.every((message) => BaseMessage.isInstance(message))) return undefined;
    const ref = { $list: this.keep(this.textOf(messages)), count: PART_LENGTH, shown: this.keep(JSON.stringify(toApiForm(messages))) };
    const part = { messages, held: messages.map(heldBy), ref };
    this.parts.set(first, part);
    return part;
  }

  private keep(body: string): string {
    const hash = `sha256:${sha256(body)}`;
    const bytes = utf8Bytes(body);
    this.sizes.set(hash, bytes);
    this.texts.push({ hash, bytes, body });
    return hash;
  }
}

/** What can be changed in a message, but for what lies deeper than the arguments of a tool call: a changed one is stored again. */
function heldBy(message: BaseMessage): unknown[] {
  const { id, name, content, additional_kwargs: more, response_metadata: metadata } = message;
  const { tool_calls: calls = [], ...others } = message as unknown as { readonly tool_calls?: readonly { readonly args: unknown }[] } & Record<string, unknown>;
  const parts = Array.isArray(content) ? content : [];
  const fields = [others['status'], others['artifact'], others['usage_metadata'], others['tool_call_id']];
  const named = [...Object.entries(more).flat(), ...Object.entries(metadata).flat()];
  return [id, name, content, ...parts, ...fields, ...named, ...calls, ...calls.map(({ args }) => args)];
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
