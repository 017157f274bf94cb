import { EVENT_CATALOGUE, TERMINAL_EVENTS, type EventData, type Frame, type JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { encodeCursor, hasSeen, type StreamCursor } from './cursor';
import {
  aiMessageChunk,
  asAiMessage,

  messageMetadata,
  messagesIn,
  restChunk,
  textOf,
  type FlatMessage,
  type MessageContext,
} from './message-frames';
import { neededCheckpoints } from './needed-checkpoints';
import { SpokenMessages, type SpokenPiece } from './spoken-messages';
import { checkpointPayload, stateFrameSchema, taskFrameSchema, type LoadedCheckpoints } from './state-frames';
import { eventName, wants, type StreamView } from './stream-modes';

/** One Server-Sent Event. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

interface Place {
  readonly seq: number;
  item: number;
}

const MAX_HELD_CHUNKS = 512;

type StepData = EventData<'run.step-completed.v1'>;

/**
 * Turns a run's journal and its tokens into what one viewer sees. It always reads the journal from its first row and leaves out
 * what the cursor says was sent, so that the numbering of items and the messages already known never depend on when somebody
 * connected. No input and output: rows come in hydrated, with the checkpoints that {@link RunProjection.needs} names.
 */
export class RunProjection {
  readonly #spoken: SpokenMessages;
  /** Ids of messages that were sent, or stood in the state when the run began. */
  readonly #knownMessages = new Set<string>();
  /** Tasks under way, by namespace and node. */
  readonly #activeNodes = new Map<string, Set<string>>();
  /** Tokens of nodes that are idle as far as the journal says. */
  readonly #held: TokenChunk[] = [];
  #position: { seq: number; item: number };
  /** The last row applied. */
  #applied = 0;
  #stateSeen = false;
  #latestRoot: string | undefined;
  /** The run's last row was applied: nothing follows. */
  #ended = false;

  constructor(
    private readonly context: MessageContext,
    private readonly view: StreamView,
    private readonly from: StreamCursor,
  ) {
    this.#spoken = new SpokenMessages(context.runId, from.calls);
    this.#position = { seq: from.seq, item: from.item };
  }

  /** True when nothing of the row is left to send: it needs no hydration. */
  isBehind(row: JournalRow): boolean {
    return row.seq < this.from.seq;
  }

  /** Ids of the checkpoints that {@link applyRow} will look up. */
  needs(row: JournalRow): string[] {
    if (row.type !== 'run.step-completed.v1') return [];
    const seen = { isBehind: this.isBehind(row), hasState: this.#stateSeen, latestRoot: this.#latestRoot };
    return neededCheckpoints(stepOf(row).frames, this.view, seen);
  }

  /** Applies the next row; rows come in order of `seq`, each once. */
  applyRow(row: JournalRow, states: LoadedCheckpoints): StreamEvent[] {
    const out: StreamEvent[] = [];
    const place: Place = { seq: row.seq, item: 0 };
    if (row.type === 'run.created.v1') {
      this.#emit(out, place, () => ({ event: 'metadata', data: { run_id: this.context.runId, attempt: 1, thread_id: this.context.threadId } }));
    } else if (row.type === 'run.step-completed.v1') {
      this.#applyStep(row, stepOf(row), states, place, out);
    } else if (row.type === 'run.failed.v1') {
      const { error } = EVENT_CATALOGUE['run.failed.v1'].parse(row.data);
      this.#emit(out, place, () => ({ event: 'error', data: { error: error.code, message: error.message } }));
    }
    if (TERMINAL_EVENTS.has(row.type)) this.#ended = true;
    this.#applied = row.seq;
    for (const chunk of this.#held.splice(0)) out.push(...this.applyToken(chunk));
    return out;
  }

  /**
   * Applies a token chunk. Until the journal has been read as far as the cursor, chunks wait: they may belong to messages that the
   * viewer has. So does a chunk of a node that ran and is not running: it is history (replayed to a late
   * viewer), or it has overtaken the journal, and the next row tells.
   */
  applyToken(chunk: TokenChunk): StreamEvent[] {
    if (this.#ended || !(wants(this.view, 'messages', chunk.ns) || wants(this.view, 'messages-tuple', chunk.ns))) return [];
    if (this.#knownMessages.has(chunk.messageId)) return [];
    const catchingUp = this.#applied < this.from.seq;
    if (catchingUp || (!this.#spoken.has(chunk.call) && this.#isIdle(chunk))) {
      if (this.#held.length < MAX_HELD_CHUNKS) this.#held.push(chunk);
      return [];
    }
    return this.#spoken.hear(chunk).flatMap((piece) => this.#speak(piece));
  }

  #applyStep(row: JournalRow, step: StepData, states: LoadedCheckpoints, place: Place, out: StreamEvent[]): void {
    let current = step.step;
    for (const frame of step.frames) {
      switch (frame.mode) {
        case 'updates':
          this.#plain(out, place, frame);
          this.#messagesOf(out, place, frame, current);
          break;
        case 'custom':
          this.#plain(out, place, frame);
          break;
        case 'values':
          this.#values(out, place, frame, states);
          break;
        case 'checkpoints':
          this.#checkpoint(out, place, frame, row, current, states);
          if (frame.ns.length === 0) current = step.step + 1;
          break;
        case 'tasks':
          this.#task(out, place, frame, row, current, states);
          break;
      }
    }
  }

  #plain(out: StreamEvent[], place: Place, frame: Frame): void {
    const mode = frame.mode === 'custom' ? 'custom' : 'updates';
    this.#emit(out, place, () => (wants(this.view, mode, frame.ns) ? { event: eventName(mode, frame.ns), data: frame.data } : undefined));
  }

  #values(out: StreamEvent[], place: Place, frame: Frame, states: LoadedCheckpoints): void {
    const parsed = stateFrameSchema.safeParse(frame.data);
    const id = parsed.data?.checkpoint_id;
    const root = frame.ns.length === 0;
    if (root && !this.#stateSeen) {
      this.#stateSeen = true;
      const initial = id === undefined ? parsed.data?.values : states.get(id)?.values;
      for (const message of messagesIn(initial)) if (message.id !== undefined) this.#knownMessages.add(message.id);
    }
    if (root && id !== undefined) this.#latestRoot = id;
    this.#emit(out, place, () => {
      if (!wants(this.view, 'values', frame.ns)) return undefined;
      const data = id === undefined ? this.#inlineValues(parsed.data?.values ?? frame.data, root, states) : states.get(id)?.values;
      return data === undefined ? undefined : { event: eventName('values', frame.ns), data };
    });
  }

  /** LangGraph puts `{__interrupt__}` alone on the stream; the protocol promises the full state with it. */
  #inlineValues(values: unknown, root: boolean, states: LoadedCheckpoints): unknown {
    if (!root || typeof values !== 'object' || values === null || !('__interrupt__' in values)) return values;
    const state = this.#latestRoot === undefined ? undefined : states.get(this.#latestRoot);
    return { ...state?.values, ...values };
  }

  #checkpoint(out: StreamEvent[], place: Place, frame: Frame, row: JournalRow, step: number, states: LoadedCheckpoints): void {
    const { data } = stateFrameSchema.safeParse(frame.data);
    if (frame.ns.length === 0 && data?.checkpoint_id !== undefined) this.#latestRoot = data.checkpoint_id;
    const payload = (): unknown => {
      if (data?.checkpoint_id === undefined) return data?.checkpoint;
      const state = states.get(data.checkpoint_id);
      return state === undefined ? undefined : checkpointPayload(this.context.threadId, state);
    };
    this.#emit(out, place, () => {
      const shown = wants(this.view, 'checkpoints', frame.ns) ? payload() : undefined;
      return shown === undefined ? undefined : { event: eventName('checkpoints', frame.ns), data: shown };
    });
    this.#emit(out, place, () => {
      const shown = wants(this.view, 'debug', frame.ns) ? payload() : undefined;
      return shown === undefined ? undefined : debugEvent('checkpoint', frame.ns, row, stepOfState(shown) ?? step, shown);
    });
  }

  #task(out: StreamEvent[], place: Place, frame: Frame, row: JournalRow, step: number, states: LoadedCheckpoints): void {
    const parsed = taskFrameSchema.safeParse(frame.data);
    if (!parsed.success) return;
    const { input_from: inputFrom, ...task } = parsed.data;
    const starts = task.triggers !== undefined;
    this.#trackTask(frame.ns, task.name, task.id, starts);
    const data = (): unknown => (inputFrom === undefined ? task : { ...task, input: states.get(inputFrom)?.values ?? null });
    this.#emit(out, place, () => (wants(this.view, 'tasks', frame.ns) ? { event: eventName('tasks', frame.ns), data: data() } : undefined));
    this.#emit(out, place, () =>
      wants(this.view, 'debug', frame.ns) ? debugEvent(starts ? 'task' : 'task_result', frame.ns, row, step, data()) : undefined,
    );
  }

  #messagesOf(out: StreamEvent[], place: Place, frame: Frame, step: number): void {
    if (typeof frame.data !== 'object' || frame.data === null) return;
    for (const [node, output] of Object.entries(frame.data)) {
      if (node.startsWith('__')) continue;
      for (const message of messagesIn(output)) {
        if (message.id !== undefined && this.#knownMessages.has(message.id)) continue;
        if (message.id !== undefined) this.#knownMessages.add(message.id);
        this.#message(out, place, frame.ns, node, step, message);
      }
    }
  }

  /** Two items per message: its tuple, and the message as a whole for the accumulating mode. */
  #message(out: StreamEvent[], place: Place, ns: readonly string[], node: string, step: number, message: FlatMessage): void {
    const ai = asAiMessage(message);
    const text = textOf(message.content);
    // Before #emit, because the id of the event must no longer carry the message as one in flight.
    const rest = ai === undefined ? ({ kind: 'whole' } as const) : this.#spoken.finish(ai, text);
    this.#emit(out, place, () => {
      if (rest === undefined || !wants(this.view, 'messages-tuple', ns)) return undefined;
      const shown = rest.kind === 'whole' || ai === undefined ? message : restChunk(ai, rest.text, rest.ended);
      return { event: eventName('messages', ns), data: [shown, messageMetadata(this.context, node, ns, step)] };
    });
    this.#emit(out, place, () => (wants(this.view, 'messages', ns) ? { event: eventName('messages/complete', ns), data: [message] } : undefined));
  }

  #speak(piece: SpokenPiece): StreamEvent[] {
    const id = encodeCursor({ ...this.#position, calls: this.#spoken.cursor() });
    const metadata = messageMetadata(this.context, piece.node, piece.ns);
    const events: StreamEvent[] = [];
    if (wants(this.view, 'messages-tuple', piece.ns)) {
      events.push({ id, event: eventName('messages', piece.ns), data: [aiMessageChunk(piece.messageId, piece.text, piece.end), metadata] });
    }
    if (wants(this.view, 'messages', piece.ns) && piece.soFar !== undefined) {
      if (piece.first) events.push({ id, event: eventName('messages/metadata', piece.ns), data: { [piece.messageId]: { metadata } } });
      events.push({ id, event: eventName('messages/partial', piece.ns), data: [aiMessageChunk(piece.messageId, piece.soFar, piece.end)] });
    }
    return events;
  }

  /** Counts the item whether it is shown or not, so that its number does not depend on the view. */
  #emit(out: StreamEvent[], place: Place, make: () => { event: string; data: unknown } | undefined): void {
    place.item += 1;
    if (hasSeen(this.from, place.seq, place.item)) return;
    this.#position = { seq: place.seq, item: place.item };
    const made = make();
    if (made !== undefined) out.push({ id: encodeCursor({ ...this.#position, calls: this.#spoken.cursor() }), ...made });
  }

  #trackTask(ns: readonly string[], name: string, taskId: string, starts: boolean): void {
    const key = nodeKey(ns, name);
    const tasks = this.#activeNodes.get(key) ?? new Set<string>();
    if (starts) tasks.add(taskId);
    else tasks.delete(taskId);
    this.#activeNodes.set(key, tasks);
  }

  /** The node ran and is not running now. A node that never ran may be one whose start is not in the journal yet. */
  #isIdle(chunk: TokenChunk): boolean {
    return this.#activeNodes.get(nodeKey(chunk.ns, chunk.node))?.size === 0;
  }
}

function stepOf(row: JournalRow): StepData {
  return EVENT_CATALOGUE['run.step-completed.v1'].parse(row.data);
}

/** LangGraph writes the step into the metadata of a state. */
function stepOfState(payload: unknown): number | undefined {
  const step = (payload as { metadata?: { step?: unknown } | null }).metadata?.step;
  return typeof step === 'number' ? step : undefined;
}

function nodeKey(ns: readonly string[], node: string): string {
  return JSON.stringify([ns, node]);
}

function debugEvent(type: 'checkpoint' | 'task' | 'task_result', ns: readonly string[], row: JournalRow, step: number, payload: unknown): { event: string; data: unknown } {
  return { event: eventName('debug', ns), data: { step, timestamp: row.time.toISOString(), type, payload } };
}

