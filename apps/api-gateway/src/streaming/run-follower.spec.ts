import { jest } from '@jest/globals';
import type { JournalRow } from '@holdfast/contracts/events';
import type { NatsLink, Notice, NoticeBus, NoticeListener } from '@holdfast/event-bus';
import type { RunJournal } from '@holdfast/persistence';
import { RunFollower } from './run-follower';

const ctx = { tenantId: 't', principalId: 'p', roles: [], requestId: 'r' };

/** A run that makes a row each time somebody looks, and a bus that says so only when told to. */
class Stage {
  looks = 0;
  ended = false;
  listener: NoticeListener = () => undefined;
  readonly #journal = {
    readEvents: () => {
      this.looks += 1;
      const type: JournalRow['type'] = this.ended ? 'run.completed.v1' : 'run.step-completed.v1';
      const row: JournalRow = { tenantId: 't', runId: 'run', threadId: 'th', seq: this.looks, type, time: new Date(0), traceparent: null, data: {} };
      return Promise.resolve({ status: this.ended ? 'success' : 'running', lastSeq: this.looks, events: [row] });
    },
  } as unknown as RunJournal;
  readonly #bus = {
    subscribe: (_t: string, _r: string, listener: NoticeListener) => {
      this.listener = listener;
      return () => undefined;
    },
  } as unknown as NoticeBus;

  constructor(readonly isUp: boolean) {}

  /** Follows until the end; tells whether it has come. */
  follow(onlyEnd: boolean): { readonly over: () => boolean; stop(): void } {
    const ending = new AbortController();
    let over = false;
    void (async () => {
      const follower = new RunFollower(this.#journal, { isUp: this.isUp } as NatsLink, this.#bus);
      for await (const happening of follower.follow(ctx, 'run', { tokens: false, onlyEnd }, ending.signal)) void happening;
      over = true;
    })();
    return { over: () => over, stop: () => ending.abort() };
  }

  notify(notice: Notice): void {
    this.listener(notice);
  }
}

describe('one who waits for the end of a run', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('looks at the journal less and less often, however much happens in the run', async () => {
    const stage = new Stage(true);
    const waiting = stage.follow(true);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(stage.looks).toBeGreaterThan(5);
    expect(stage.looks).toBeLessThan(13);
    waiting.stop();
  });

  it('is woken by the notice of the end, and by no other', async () => {
    const stage = new Stage(true);
    const waiting = stage.follow(true);
    await jest.advanceTimersByTimeAsync(40_000);
    const before = stage.looks;
    stage.notify({ seq: 1_000, status: 'running' });
    await jest.advanceTimersByTimeAsync(1);
    expect(stage.looks).toBe(before);
    stage.ended = true;
    stage.notify({ seq: 1_001, status: 'success' });
    await jest.advanceTimersByTimeAsync(1);
    expect(waiting.over()).toBe(true);
  });

  it('looks each second while there are no notices', async () => {
    const stage = new Stage(false);
    const waiting = stage.follow(true);
    await jest.advanceTimersByTimeAsync(30_000);
    stage.ended = true;
    await jest.advanceTimersByTimeAsync(1_100);
    expect(waiting.over()).toBe(true);
    expect(stage.looks).toBeGreaterThan(25);
  });

  it('leaves a viewer of the rows as quick as before', async () => {
    const stage = new Stage(true);
    const viewing = stage.follow(false);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(stage.looks).toBeGreaterThan(25);
    viewing.stop();
  });
});
