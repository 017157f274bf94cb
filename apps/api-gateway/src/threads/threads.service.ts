import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { RunsRepository, ThreadTtlsRepository, ThreadsRepository, type ThreadFilter } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { refuseGiven } from '../http/not-supported';
import { pick, type Page } from '../http/pagination';
import { CancelService } from '../delivery/cancel.service';
import { mapBounded } from '../rounds/map-bounded';
import { Hydrator } from '../streaming/hydrator';
import { extractRoots } from './extract-path';
import { threadNotFound } from './thread-errors';
import { toThread, withExtracts } from './thread-mapping';
import type { Thread, ThreadCount, ThreadCreate, ThreadPatch, ThreadSearch } from './threads.schema';

/** Conversations. */
@Injectable()
export class ThreadsService {
  constructor(
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(ThreadTtlsRepository) private readonly ttls: ThreadTtlsRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(CancelService) private readonly cancels: CancelService,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
  ) {}

  /** @throws HoldfastError CONFLICT, NOT_SUPPORTED */
  async create(ctx: TenantContext, body: ThreadCreate): Promise<Thread> {
    refuseGiven({ supersteps: body.supersteps });
    const result = await this.threads.create(ctx, {
      threadId: body.thread_id ?? uuidv7(),
      metadata: withoutUndefined(body.metadata ?? {}),
      ifExists: body.if_exists ?? 'raise',
      ttlSeconds: secondsOf(body.ttl ?? (this.config.THREAD_TTL_MINUTES || undefined)),
    });
    if (result.kind === 'exists') throw new HoldfastError('CONFLICT', 'Thread already exists.');
    return this.show(ctx, toThread(result.thread));
  }

  /** @param include `ttl`: with the time that it stays. @throws HoldfastError NOT_FOUND */
  async get(ctx: TenantContext, threadId: string, include: readonly string[] = []): Promise<Thread> {
    const row = await this.threads.get(ctx, threadId);
    if (row === null) throw threadNotFound(threadId);
    const thread = await this.show(ctx, toThread(row));
    return include.includes('ttl') ? { ...thread, ttl: await this.ttlOf(ctx, threadId) } : thread;
  }

  /** Merges into the metadata, and changes how long it stays. @throws HoldfastError NOT_FOUND */
  async patch(ctx: TenantContext, threadId: string, body: ThreadPatch): Promise<Thread> {
    const row = await this.threads.patch(ctx, threadId, { metadata: body.metadata ?? {}, ttlSeconds: secondsOf(body.ttl) });
    if (row === null) throw threadNotFound(threadId);
    return this.show(ctx, toThread(row));
  }

  /** Ends its runs first. @throws HoldfastError NOT_FOUND */
  async delete(ctx: TenantContext, threadId: string): Promise<void> {
    const active = await this.runs.activeRuns(ctx, threadId);
    const cancel = ({ runId }: { runId: string }): Promise<unknown> => this.cancels.cancel(ctx, { threadId, runId, action: 'interrupt', reason: 'thread deleted' });
    // Best effort: a run whose thread is gone is dropped by its workflow at its next commit.
    await mapBounded(active, cancel).catch(() => undefined);
    if (!(await this.threads.delete(ctx, threadId))) throw threadNotFound(threadId);
  }

  /** A page of the selected fields, newest first unless asked otherwise. */
  async search(ctx: TenantContext, body: ThreadSearch): Promise<Page<Partial<Thread>>> {
    const filter = { ...filterOf(body), ids: body.ids ?? undefined };
    const [rows, total] = await Promise.all([
      this.threads.search(ctx, { ...filter, limit: body.limit, offset: body.offset, sortBy: body.sort_by ?? undefined, sortOrder: body.sort_order ?? undefined }),
      this.threads.count(ctx, filter),
    ]);
    const { select, extract } = body;
    const needed = select == null ? null : [...select, ...extractRoots(extract)];
    // The long texts of values that nobody asked for stay where they are.
    const threads = await this.hydrator.hydrate(
      ctx,
      rows.map((row) => pick(toThread(row), needed)),
    );
    const shown = select == null ? null : [...select, 'extracted'];
    return { items: threads.map((thread) => pick(withExtracts(thread, extract), shown)), total, offset: body.offset };
  }

  /** How many a search would find. */
  count(ctx: TenantContext, body: ThreadCount): Promise<number> {
    return this.threads.count(ctx, filterOf(body));
  }

  /** A new idle thread with the same state and history. @throws HoldfastError NOT_FOUND */
  async copy(ctx: TenantContext, threadId: string): Promise<Thread> {
    const row = await this.threads.copy(ctx, { threadId, newThreadId: uuidv7() });
    if (row === null) throw threadNotFound(threadId);
    return this.show(ctx, toThread(row));
  }

  /** Threads with an active run are left alone. */
  async prune(ctx: TenantContext, body: { thread_ids: readonly string[]; strategy: 'delete' | 'keep_latest' }): Promise<{ pruned_count: number }> {
    return { pruned_count: await this.threads.prune(ctx, { threadIds: body.thread_ids, strategy: body.strategy }) };
  }

  private async ttlOf(ctx: TenantContext, threadId: string): Promise<NonNullable<Thread['ttl']> | null> {
    const ttl = await this.ttls.get(ctx, threadId);
    return ttl === null ? null : { strategy: 'delete', ttl_minutes: ttl.ttlSeconds / 60, expires_at: ttl.expiresAt.toISOString() };
  }

  private show(ctx: TenantContext, thread: Thread): Promise<Thread> {
    return this.hydrator.hydrate(ctx, thread);
  }
}

function filterOf(body: ThreadCount): ThreadFilter {
  return { metadata: body.metadata ?? undefined, values: body.values ?? undefined, status: body.status ?? undefined };
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}

function secondsOf(ttl: ThreadCreate['ttl']): number | undefined {
  if (ttl === undefined || ttl === null) return undefined;
  return (typeof ttl === 'number' ? ttl : ttl.ttl) * 60;
}
