import { Inject, Injectable } from '@nestjs/common';
import { TERMINAL_EVENTS, type JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { RUN_STATUSES, isTerminal } from '@holdfast/contracts/runs';
import { NatsLink, NoticeBus, WakeSignal, type Notice } from '@holdfast/event-bus';
import { RunJournal } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { readPatiently } from './patient-read';
import { TokenFeed } from './token-feed';

/** How long a follower relies on notices before it looks at the journal by itself, ms; longer and longer while nothing happens. */
const JOURNAL_LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 10_000;
const PAGE_ROWS = 200;

/** What happens in a run, in the order to be shown. */
export type RunHappening = { readonly kind: 'row'; readonly row: JournalRow } | { readonly kind: 'token'; readonly chunk: TokenChunk };

/** What a follower wants to know. */
export interface FollowOptions {
  /** Also the tokens of messages in flight. */
  readonly tokens: boolean;
  /** Only the end matters: the journal is read when the run has ended, not at each of its rows. */
  readonly onlyEnd: boolean;
}

/**
 * Follows a run from its first journal row to its last, woken by notices; tokens of messages in flight come in between, once the
 * journal has been read to its end. Survives outages of PostgreSQL and NATS.
 */
@Injectable()
export class RunFollower {
  constructor(
    @Inject(RunJournal) private readonly journal: RunJournal,
    @Inject(NatsLink) private readonly nats: NatsLink,
    @Inject(NoticeBus) private readonly notices: NoticeBus,
  ) {}

  /** Ends after the run's last row, when the run is gone, or with the signal. */
  async *follow(ctx: TenantContext, runId: string, options: FollowOptions, signal: AbortSignal): AsyncGenerator<RunHappening, void, undefined> {
    const ending = new AbortController();
    const stop = AbortSignal.any([signal, ending.signal]);
    const wake = new WakeSignal();
    let journalGrew = true;
    let seq = 0;
    const unsubscribe = this.notices.subscribe(ctx.tenantId, runId, (notice) => {
      if (notice !== undefined && (notice.seq <= seq || (options.onlyEnd && !isEnd(notice)))) return;
      journalGrew = true;
      wake.wake();
    });
    try {
      let lookAt = 0;
      let quietLooks = 0;
      let tokens: TokenFeed | undefined;
      while (!stop.aborted) {
        if (journalGrew || performance.now() >= lookAt) {
          journalGrew = false;
          const page = await readPatiently(() => this.journal.readEvents(ctx, { runId, afterSeq: seq, limit: PAGE_ROWS }), stop);
          if (page === undefined || page === null) return;
          // Rows in between are no news for one who waits for the end: a notice tells him of it.
          if (page.events.length > 0 && !options.onlyEnd) quietLooks = 0;
          lookAt = performance.now() + this.pauseAfter(quietLooks);
          quietLooks += 1;
          for (const row of page.events) {
            yield { kind: 'row', row };
            seq = row.seq;
            if (TERMINAL_EVENTS.has(row.type)) return;
          }
          journalGrew ||= page.events.length === PAGE_ROWS;
          if (journalGrew) continue;
          // A run that ended without a last row (its journal was pruned) has nothing more to say.
          if (isTerminal(page.status) && seq >= page.lastSeq) return;
        }
        if (options.tokens) {
          tokens ??= new TokenFeed(this.nats, { tenantId: ctx.tenantId, runId }, wake, stop);
          for (const chunk of tokens.take()) yield { kind: 'token', chunk };
        }
        if (!journalGrew) await wake.wait(Math.max(0, lookAt - performance.now()), stop);
      }
    } finally {
      unsubscribe();
      ending.abort();
    }
  }

  /** Thousands of viewers of waiting runs must not become thousands of queries a second; without NATS there are no notices. */
  private pauseAfter(quietLooks: number): number {
    return this.nats.isUp ? Math.min(LONGEST_LOOK_MS, JOURNAL_LOOK_MS * (1 + quietLooks)) : JOURNAL_LOOK_MS;
  }
}

function isEnd(notice: Notice): boolean {
  const status = RUN_STATUSES.find((known) => known === notice.status);
  return status === undefined || isTerminal(status);
}
