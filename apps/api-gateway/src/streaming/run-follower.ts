import { Inject, Injectable } from '@nestjs/common';
import { TERMINAL_EVENTS, type JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { isTerminal } from '@holdfast/contracts/runs';
import { NatsLink, NoticeBus } from '@holdfast/event-bus';
import { RunJournal } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { readPatiently } from './patient-read';
import { TokenFeed } from './token-feed';
import { WakeSignal } from './wake-signal';

/** How long a follower relies on notices before it looks at the journal by itself, ms. */
export const JOURNAL_LOOK_MS = 1_000;
const PAGE_ROWS = 200;

/** What happens in a run, in the order to be shown. */
export type RunHappening = { readonly kind: 'row'; readonly row: JournalRow } | { readonly kind: 'token'; readonly chunk: TokenChunk };

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
  async *follow(ctx: TenantContext, runId: string, options: { readonly tokens: boolean }, signal: AbortSignal): AsyncGenerator<RunHappening, void, undefined> {
    const ending = new AbortController();
    const stop = AbortSignal.any([signal, ending.signal]);
    const wake = new WakeSignal();
    let journalGrew = true;
    const unsubscribe = this.notices.subscribe(ctx.tenantId, runId, () => {
      journalGrew = true;
      wake.wake();
    });
    try {
      let seq = 0;
      let lookAt = 0;
      let tokens: TokenFeed | undefined;
      while (!stop.aborted) {
        if (journalGrew || performance.now() >= lookAt) {
          journalGrew = false;
          lookAt = performance.now() + JOURNAL_LOOK_MS;
          const page = await readPatiently(() => this.journal.readEvents(ctx, { runId, afterSeq: seq, limit: PAGE_ROWS }), stop);
          if (page === undefined || page === null) return;
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
}
