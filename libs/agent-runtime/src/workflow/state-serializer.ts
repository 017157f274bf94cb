import { AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { JsonPlusSerializer } from '@langchain/langgraph-checkpoint';
import { isListRef } from '@holdfast/contracts/messages';
import { MessageLists, type Part, type SavedListRef } from './message-lists';

type MessageClass = new (fields: never) => BaseMessage;

interface KnownMessage {
  readonly make: MessageClass;
  /** What it may hold to be written and read here; LangChain neither renames nor adds one of these. */
  readonly fields: ReadonlySet<string>;
}

const COMMON = ['content', 'id', 'name', 'additional_kwargs', 'response_metadata'];

function known(make: unknown, ...more: string[]): KnownMessage {
  return { make: make as MessageClass, fields: new Set([...COMMON, ...more]) };
}

/** A text under way to its value. */
interface Reading {
  /** Texts of parts of lists by their hashes. */
  readonly texts: Readonly<Record<string, string>>;
  /** Parts whose messages are here already, by the same hashes. */
  readonly kept: ReadonlyMap<string, Part>;
  /** Where the parts have come to stand. */
  readonly parts: { readonly list: readonly unknown[]; readonly from: number; readonly ref: SavedListRef }[];
  /** What LangGraph reads. */
  readonly others: Promise<void>[];
}

/** Deeper values are left to LangGraph's serializer, as values of other classes are. */
const MAX_DEPTH = 200;

/**
 * LangGraph's serializer, for states that are long lists of messages: what it writes and reads is the same, but ordinary messages go the short way.
 * LangGraph walks each message four times to write it, and awaits every field of it to read it: in a conversation of 500 turns that was most
 * of what a turn cost (`docs/benchmarks.md`).
 */
export class StateSerializer extends JsonPlusSerializer {
  // In the instance: runs share what stands in modules.
  private readonly messages: Readonly<Record<string, KnownMessage>> = {
    HumanMessage: known(HumanMessage),
    SystemMessage: known(SystemMessage),
    AIMessage: known(AIMessage, 'tool_calls', 'invalid_tool_calls', 'usage_metadata'),
    ToolMessage: known(ToolMessage, 'tool_call_id', 'status', 'artifact', 'metadata'),
  };

  /** Parts of long lists, which {@link stringify} names in a set and {@link parse} is given. */
  readonly lists = new MessageLists((messages) => this.stringify(messages));
  private named: Set<string> | undefined;

  /**
   * The text of a value, for {@link parse} and for LangGraph's own `loadsTyped`.
   * @param named gets the hashes of the parts by which lists of messages are left out; without it they are whole
   */
  stringify(value: unknown, named?: Set<string>): string {
    const before = this.named;
    this.named = named;
    if (named !== undefined) this.lists.startState();
    try {
      return this.textOf(value, 0);
    } finally {
      this.named = before;
    }
  }

  /**
   * The value of a text that {@link stringify} or LangGraph's own `dumpsTyped` has made.
   * @param texts of the parts that it names
   * @param kept parts that need no text
   * @throws SyntaxError for no JSON
   */
  async parse(text: string, texts: Readonly<Record<string, string>> = {}, kept: ReadonlyMap<string, Part> = new Map()): Promise<unknown> {
    for (const part of kept.values()) this.lists.kept(part);
    const reading: Reading = { texts, kept, parts: [], others: [] };
    const root = { value: JSON.parse(text) as unknown };
    this.revive(root, 'value', reading);
    await Promise.all(reading.others);
    for (const { list, from, ref } of reading.parts) {
      const messages = list.slice(from, from + ref.count);
      if (messages.every((message) => BaseMessage.isInstance(message))) this.lists.loaded(messages, ref, texts[ref.$list]!);
    }
    return root.value;
  }

  private textOf(value: unknown, depth: number): string {
    if (depth > MAX_DEPTH) return this.othersText(value);
    if (isPlain(value, depth)) return JSON.stringify(value);
    if (Array.isArray(value)) return this.listText(value, depth);
    if (BaseMessage.isInstance(value)) return this.messageText(value) ?? this.othersText(value);
    if (!isRecord(value) || typeof value['toJSON'] === 'function') return this.othersText(value);
    const fields = Object.entries(value).filter(([, item]) => !isLeftOut(item));
    return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${this.textOf(item, depth + 1)}`).join()}}`;
  }

  private listText(list: readonly unknown[], depth: number): string {
    const parts = this.named === undefined ? undefined : this.lists.saved(list);
    for (const { $list } of parts?.refs ?? []) this.named?.add($list);
    const items = Array.from(parts?.rest ?? list, (item) => (isLeftOut(item) ? 'null' : this.textOf(item, depth + 1)));
    return `[${[...(parts?.refs ?? []).map((ref) => JSON.stringify(ref)), ...items].join()}]`;
  }

  /** What `toJSON` of an ordinary message comes to; undefined for another. */
  private messageText(message: BaseMessage): string | undefined {
    const name = (message.constructor as unknown as { lc_name(): string }).lc_name();
    const form = this.messages[name];
    if (form === undefined || message.constructor !== form.make) return undefined;
    const held = message as unknown as Record<string, unknown>;
    const fields: Record<string, unknown> = {};
    for (const key of Object.keys(message.lc_kwargs as object)) {
      const item = key in held ? held[key] : (message.lc_kwargs as Record<string, unknown>)[key];
      if (item === undefined) continue;
      if (!form.fields.has(key) || !isPlain(item, 0)) return undefined;
      fields[key] = item;
    }
    return `{"lc":1,"type":"constructor","id":["langchain_core","messages","${name}"],"kwargs":${JSON.stringify(fields)}}`;
  }

  private othersText(value: unknown): string {
    return new TextDecoder().decode(this._dumps(value));
  }

  /** In place: what was parsed belongs to nobody else. */
  private revive(holder: object, key: string | number, reading: Reading): void {
    const fields = holder as Record<string | number, unknown>;
    const value = fields[key];
    if (typeof value !== 'object' || value === null || BaseMessage.isInstance(value)) return;
    if (Array.isArray(value)) {
      const list = wholeList(value, reading);
      fields[key] = list;
      for (let i = 0; i < list.length; i += 1) this.revive(list, i, reading);
    } else if (!('lc' in value)) {
      for (const name of Object.keys(value)) this.revive(value, name, reading);
    } else {
      const message = this.messageOf(value);
      if (message === undefined) reading.others.push(this.reviveOther(fields, key, value));
      else fields[key] = message;
    }
  }

  private async reviveOther(holder: Record<string | number, unknown>, key: string | number, value: object): Promise<void> {
    holder[key] = await this._loads(JSON.stringify(value));
  }

  private messageOf(value: object): BaseMessage | undefined {
    const { lc, type, id, kwargs } = value as { lc?: unknown; type?: unknown; id?: unknown; kwargs?: unknown };
    if (lc !== 1 || type !== 'constructor' || !Array.isArray(id) || id.length !== 3 || id[0] !== 'langchain_core' || id[1] !== 'messages') return undefined;
    const form = Object.hasOwn(this.messages, String(id[2])) ? this.messages[String(id[2])] : undefined;
    if (form === undefined || !isRecord(kwargs)) return undefined;
    for (const [key, item] of Object.entries(kwargs)) if (!form.fields.has(key) || !isPlain(item, 0)) return undefined;
    return new form.make(kwargs as never);
  }
}

function wholeList(list: unknown[], { texts, kept, parts }: Reading): unknown[] {
  const isPart = (item: unknown): item is SavedListRef => isListRef(item) && (Object.hasOwn(texts, item.$list) || kept.has(item.$list));
  if (!list.some(isPart)) return list;
  const whole: unknown[] = [];
  for (const item of list) {
    const text = isPart(item) ? texts[item.$list] : undefined;
    if (!isPart(item)) {
      whole.push(item);
    } else if (text === undefined) {
      whole.push(...kept.get(item.$list)!.messages);
    } else {
      parts.push({ list: whole, from: whole.length, ref: item });
      whole.push(...(JSON.parse(text) as unknown[]));
    }
  }
  return whole;
}

/** JSON as it is, without anything that a serializer gives a meaning of its own. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return true;
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  if (!isRecord(value)) return false;
  for (const key of Object.keys(value)) if (key === 'lc' || key === '__lc_escaped__' || key === 'toJSON' || !isPlain(value[key], depth + 1)) return false;
  return true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

/** What JSON has no form for. */
function isLeftOut(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol';
}
