import { EVENT_CATALOGUE, TERMINAL_EVENTS, type EventData, type Frame, type JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { encodeCursor, hasSeen, type CallCursor, type StreamCursor } from './cursor';
import { debugEvent, stepOfState } from './debug-event';
import type { DerivedEvent } from './derived-event';
import { DerivedEvents } from './derived-events';
import { asAiMessage, messageMetadata, messagesIn, restChunk, textOf, type FlatMessage, type MessageContext } from './message-frames';
import { neededCheckpoints } from './needed-checkpoints';
import { OpenTasks } from './open-tasks';
import { spokenFrames } from './spoken-frames';
import { SpokenMessages } from './spoken-messages';
import { checkpointPayload, stateFrameSchema, taskFrameSchema, type LoadedCheckpoint, type LoadedCheckpoints } from './state-frames';
import { eventName, wants, wantsDerived, type StreamView } from './stream-modes';

/** One Server-Sent Event. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

interface Place {
  readonly seq: number;
  item: number;
  /** Derived events behind the item. */
  sub: number;
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
  readonly #tasks = new OpenTasks();
  /** Undefined when the viewer wants none of their modes. */
  readonly #derived: DerivedEvents | undefined;
  /** Tokens of nodes that are idle as far as the journal says. */
  readonly #held: TokenChunk[] = [];
  #position: Readonly<Place>;
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
    /** What the run was given. */
    private readonly input: unknown = null,
  ) {
    this.#spoken = new SpokenMessages(context.runId, from.calls);
    this.#derived = wantsDerived(view) ? new DerivedEvents(context, this.#tasks, from.told ?? []) : undefined;
    this.#position = { seq: from.seq, item: from.item, sub: from.sub ?? 0 };
  }

  /**
   * Whether long texts and lists of the row and of its states matter: derived events tell later what stood in rows before, and of the first state, the only
   * one that is needed behind the cursor, each message is to be known.
   */
  needsTexts(row: JournalRow): boolean {
    return this.#derived !== undefined || row.seq >= this.from.seq || this.needs(row).length > 0;
  }

  /** Ids of the checkpoints that {@link applyRow} will look up. */
  needs(row: JournalRow): string[] {
    if (row.type === 'run.completed.v1' || row.type === 'run.interrupted.v1') {
      return this.#latestRoot !== undefined && this.view.modes.has('events') ? [this.#latestRoot] : [];
    }
    if (row.type !== 'run.step-completed.v1') return [];
    const seen = { isBehind: row.seq < this.from.seq, hasState: this.#stateSeen, latestRoot: this.#latestRoot };
    return neededCheckpoints(stepOf(row).frames, this.view, seen);
  }

  /** Applies the next row; rows come in order of `seq`, each once. */
  applyRow(row: JournalRow, states: LoadedCheckpoints): StreamEvent[] {
    const out: StreamEvent[] = [];
    const place: Place = { seq: row.seq, item: 0, sub: 0 };
    this.#also(out, place, this.#derived?.row(row, { input: this.input, state: () => this.#latestState(states) }));
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
    if (this.#ended || !(this.#wantsTuples(chunk.ns) || wants(this.view, 'events', chunk.ns))) return [];
    if (this.#knownMessages.has(chunk.messageId)) return [];
    const catchingUp = this.#applied < this.from.seq;
    if (catchingUp || (!this.#isSpoken(chunk.call) && this.#tasks.isIdle(chunk.ns, chunk.node))) {
      if (this.#held.length < MAX_HELD_CHUNKS) this.#held.push(chunk);
      return [];
    }
    const out: StreamEvent[] = [];
    if (this.#wantsTuples(chunk.ns)) {
      let before = this.#id();
      for (const piece of this.#spoken.hear(chunk)) {
        const behind = this.#id();
        out.push(...spokenFrames(this.context, this.view, piece, { before, behind }));
        before = behind;
      }
    }
    const { models } = this.#derived ?? {};
    if (models === undefined || !wants(this.view, 'events', chunk.ns)) return out;
    for (const piece of models.spoken.hear(chunk)) {
      const { start, stream } = models.piece(piece);
      const event = eventName('events', piece.ns);
      if (piece.first) out.push({ id: this.#id(models.spoken.cursorAtBegin(piece.call)), event, data: start });
      out.push({ id: this.#id(), event, data: stream });
    }
    return out;
  }

  #wantsTuples(ns: readonly string[]): boolean {
    return wants(this.view, 'messages', ns) || wants(this.view, 'messages-tuple', ns);
  }

  #isSpoken(call: string): boolean {
    return this.#spoken.has(call) || this.#derived?.models.spoken.has(call) === true;
  }

  #applyStep(row: JournalRow, step: StepData, states: LoadedCheckpoints, place: Place, out: StreamEvent[]): void {
    let current = step.step;
    for (const frame of step.frames) {
      this.#also(out, place, this.#derived?.frame(frame));
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
      for (const message of messagesIn(initial)) {
        this.#derived?.known(message);
        if (message.id !== undefined) this.#knownMessages.add(message.id);
      }
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
    return { ...this.#latestState(states), ...values };
  }

  #latestState(states: LoadedCheckpoints): LoadedCheckpoint['values'] | undefined {
    return this.#latestRoot === undefined ? undefined : states.get(this.#latestRoot)?.values;
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
    this.#tasks[starts ? 'start' : 'end'](frame.ns, task.name, task.id);
    const data = (): unknown => (inputFrom === undefined ? task : { ...task, input: states.get(inputFrom)?.values ?? null });
    this.#emit(out, place, () => (wants(this.view, 'tasks', frame.ns) ? { event: eventName('tasks', frame.ns), data: data() } : undefined));
    this.#emit(out, place, () =>
      wants(this.view, 'debug', frame.ns) ? debugEvent(starts ? 'task' : 'task_result', frame.ns, row, step, data()) : undefined,
    );
    const { ns } = frame;
    const input = (): unknown => (inputFrom === undefined ? task.input : (states.get(inputFrom)?.values ?? null));
    this.#also(out, place, starts ? this.#derived?.taskStarted(ns, task, step, input) : this.#derived?.taskEnded(ns, task, step));
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
    this.#also(out, place, this.#derived?.message(ns, node, message));
  }

  /** Counts the item whether it is shown or not, so that its number does not depend on the view. */
  #emit(out: StreamEvent[], place: Place, make: () => { event: string; data: unknown } | undefined): void {
    place.item += 1;
    place.sub = 0;
    this.#put(out, place, make);
  }

  /** Counts derived events apart, behind the last item. */
  #also(out: StreamEvent[], place: Place, events: readonly DerivedEvent[] = []): void {
    for (const { mode, ns, data } of events) {
      place.sub += 1;
      this.#put(out, place, () => {
        const shown = wants(this.view, mode, ns) ? data() : undefined;
        return shown === undefined ? undefined : { event: eventName(mode, ns), data: shown };
      });
    }
  }

  #put(out: StreamEvent[], place: Place, make: () => { event: string; data: unknown } | undefined): void {
    if (hasSeen(this.from, place.seq, place.item, place.sub)) return;
    this.#position = { ...place };
    const made = make();
    if (made !== undefined) out.push({ id: this.#id(), ...made });
  }

  #id(told: readonly CallCursor[] = this.#derived?.models.spoken.cursor() ?? []): string {
    return encodeCursor({ ...this.#position, calls: this.#spoken.cursor(), told });
  }
}

function stepOf(row: JournalRow): StepData {
  return EVENT_CATALOGUE['run.step-completed.v1'].parse(row.data);
}
