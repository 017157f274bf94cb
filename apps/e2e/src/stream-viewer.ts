import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { stack } from './config';
import { SseParser, type SseEvent } from './sse-parser';

/** What a viewer looks at. */
export interface ViewerOptions {
  readonly apiKey: string;
  /** Path with query of a run's stream. */
  readonly path: string;
  /** `Last-Event-ID` of the first request. Default: none. */
  readonly lastEventId?: string;
  /**
   * How many bytes to take from a connection before it is torn down, wherever that is: between events or in the middle of one.
   * @param drops how often that was done before. Default: never.
   */
  readonly dropAfterBytes?: (drops: number) => number | undefined;
  /** Asked when a stream ended: false sends the viewer back. Default: an end is an end. */
  readonly isOver?: () => Promise<boolean>;
  /** The viewer gives up then. */
  readonly signal: AbortSignal;
}

/** What a viewer has seen. */
export interface Viewing {
  readonly events: SseEvent[];
  /** Connections made, by how each ended: torn down by the viewer (in the middle of an event or not), lost, refused, or at the end. */
  readonly connections: { dropped: number; droppedInsideEvent: number; lost: number; refused: number; ended: number };
}

const PAUSE_MS = 200;

/**
 * Follows a run's stream as a careful client would: on its own bytes, coming back with the id of the last complete event for as long
 * as the run goes on, whatever dies in between.
 */
export async function view(options: ViewerOptions): Promise<Viewing> {
  const seen: Viewing = { events: [], connections: { dropped: 0, droppedInsideEvent: 0, lost: 0, refused: 0, ended: 0 } };
  while (!options.signal.aborted) {
    const lastEventId = seen.events.at(-1)?.id ?? options.lastEventId;
    const outcome = await readOnce(options, lastEventId, options.dropAfterBytes?.(seen.connections.dropped), (event) => seen.events.push(event));
    seen.connections[outcome] += 1;
    if (outcome === 'droppedInsideEvent') seen.connections.dropped += 1;
    if (outcome === 'ended' && (await isOver(options))) return seen;
    if (outcome !== 'dropped' && outcome !== 'droppedInsideEvent') await sleep(PAUSE_MS * (0.5 + Math.random()));
  }
  throw new Error(`the stream ${options.path} had not ended in time; ${seen.events.length} events, ${JSON.stringify(seen.connections)}`);
}

async function isOver(options: ViewerOptions): Promise<boolean> {
  if (options.isOver === undefined) return true;
  return options.isOver().catch(() => false);
}

type Outcome = keyof Viewing['connections'];

function readOnce(options: ViewerOptions, lastEventId: string | undefined, dropAfter: number | undefined, onEvent: (event: SseEvent) => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const headers = { 'x-api-key': options.apiKey, accept: 'text/event-stream', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
    const outgoing = request(`${stack.url}${options.path}`, { headers, agent: false });
    const parser = new SseParser();
    let taken = 0;
    let outcome: Outcome | undefined;
    const end = (how: Outcome): void => {
      outcome ??= how;
      options.signal.removeEventListener('abort', giveUp);
      outgoing.destroy();
      resolve(outcome);
    };
    const giveUp = (): void => end('lost');
    options.signal.addEventListener('abort', giveUp);
    outgoing.once('error', () => end('refused'));
    outgoing.once('response', (response: IncomingMessage) => {
      response.once('error', () => end('lost'));
      if (response.statusCode !== 200) return end('refused');
      response.on('data', (piece: Buffer) => {
        if (outcome !== undefined) return;
        const whole = dropAfter === undefined || taken + piece.length < dropAfter;
        const part = whole ? piece : piece.subarray(0, dropAfter - taken);
        taken += part.length;
        parser.push(part).forEach(onEvent);
        if (!whole) end(parser.isInsideEvent ? 'droppedInsideEvent' : 'dropped');
      });
      response.once('end', () => end(response.complete ? 'ended' : 'lost'));
      response.once('close', () => end('lost'));
    });
    outgoing.end();
  });
}
