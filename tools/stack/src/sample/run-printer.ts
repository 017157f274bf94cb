import { isRecord, parseMessage, type SampleMessage } from './messages.ts';
import type { SseFrame } from './sse.ts';

/** What a run came to, as far as its stream told. */
export interface RunSummary {
  readonly runId: string | undefined;
  /** The last text a model said in a node other than plan and review. */
  readonly answer: string;
  readonly toolCalls: number;
  readonly error: string | undefined;
}

/** Longest piece of a tool's arguments or result shown, in characters. */
const SHOWN = 160;
/** Nodes whose text is not the answer. */
const INNER_NODES = new Set(['plan', 'review']);

/** Prints the events of a run as they come, for people. Feed it frames; it writes text. */
export class RunPrinter {
  readonly #write: (text: string) => void;
  readonly #model: string;
  /** Message that is being written token by token. */
  #speaking: string | undefined;
  readonly #spoken = new Map<string, string>();
  readonly #shown = new Set<string>();
  #runId: string | undefined;
  #answer = '';
  #toolCalls = 0;
  #error: string | undefined;

  /** `model` names whoever speaks when the stream does not say it. */
  constructor(write: (text: string) => void, model: string) {
    this.#write = write;
    this.#model = model;
  }

  summary(): RunSummary {
    return { runId: this.#runId, answer: this.#answer, toolCalls: this.#toolCalls, error: this.#error };
  }

  take(frame: SseFrame): void {
    const { event, data } = frame;
    if (event === 'metadata' && isRecord(data) && typeof data['run_id'] === 'string') this.#runId = data['run_id'];
    else if (event === 'messages') this.#token(data);
    else if (event === 'updates') this.#update(data);
    else if (event === 'custom') this.#custom(data);
    else if (event === 'error') this.#fail(data);
  }

  /** Ends an unfinished line. */
  end(): void {
    if (this.#speaking !== undefined) this.#write('\n');
    this.#speaking = undefined;
  }

  #token(data: unknown): void {
    if (!Array.isArray(data)) return;
    const message = parseMessage(data[0]);
    if (message === undefined || !/^ai/i.test(message.type) || message.text === '') return;
    const metadata = isRecord(data[1]) ? data[1] : {};
    const node = typeof metadata['langgraph_node'] === 'string' ? metadata['langgraph_node'] : '?';
    const model = typeof metadata['ls_model_name'] === 'string' ? metadata['ls_model_name'] : this.#model;
    const key = message.id || `${node}:${this.#spoken.size}`;
    if (this.#speaking !== key) {
      this.end();
      this.#write(`\n[${node}] ${model} says:\n`);
      this.#speaking = key;
    }
    const text = (this.#spoken.get(key) ?? '') + message.text;
    this.#spoken.set(key, text);
    if (!INNER_NODES.has(node)) this.#answer = text;
    this.#write(message.text);
  }

  #update(data: unknown): void {
    if (!isRecord(data)) return;
    for (const [node, delta] of Object.entries(data)) {
      if (!isRecord(delta)) continue;
      const messages = Array.isArray(delta['messages']) ? delta['messages'] : isRecord(delta['messages']) ? [delta['messages']] : [];
      for (const value of messages) {
        const message = parseMessage(value);
        if (message !== undefined) this.#message(node, message);
      }
      this.#verdict(node, delta);
    }
  }

  #message(node: string, message: SampleMessage): void {
    if (message.id !== '' && this.#shown.has(message.id)) return;
    this.#shown.add(message.id);
    if (message.type === 'tool') {
      this.#line(`  ${message.isError ? '✗' : '←'} ${message.name}: ${shorten(message.text)}`);
      return;
    }
    if (!/^ai/i.test(message.type)) return;
    if (message.text !== '' && !this.#spoken.has(message.id)) {
      this.#line(`\n[${node}] ${this.#model} says:\n${message.text}`);
      if (!INNER_NODES.has(node)) this.#answer = message.text;
    }
    for (const call of message.toolCalls) {
      this.#toolCalls += 1;
      this.#line(`  → ${call.name} ${shorten(JSON.stringify(call.args))}`);
    }
  }

  /** What the reviewer decided; the text of its objection is no message. */
  #verdict(node: string, delta: Record<string, unknown>): void {
    const { verdict, feedback } = delta;
    if (typeof verdict !== 'string' || verdict === 'pending') return;
    const reason = typeof feedback === 'string' && feedback !== '' ? `: ${shorten(feedback)}` : '';
    this.#line(`\n[${node}] ${this.#model} decides: ${verdict}${reason}`);
  }

  #custom(data: unknown): void {
    this.#line(`  · ${shorten(typeof data === 'string' ? data : JSON.stringify(data))}`);
  }

  #fail(data: unknown): void {
    this.#error = isRecord(data) && typeof data['message'] === 'string' ? data['message'] : JSON.stringify(data);
    this.#line(`✗ The run failed: ${this.#error}`);
  }

  #line(text: string): void {
    this.end();
    this.#write(`${text}\n`);
  }
}

function shorten(text: string | undefined): string {
  const flat = (text ?? '').replace(/\s+/g, ' ').trim();
  return flat.length <= SHOWN ? flat : `${flat.slice(0, SHOWN)}… (${flat.length} characters)`;
}
