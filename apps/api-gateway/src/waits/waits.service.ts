import { Inject, Injectable } from '@nestjs/common';
import { MAX_EVENT_PAYLOAD_BYTES } from '@holdfast/contracts';
import { HoldfastError } from '@holdfast/contracts/errors';
import { externalise } from '@holdfast/contracts/messages';
import { BlobsRepository, WaitsRepository, type PostedEventRow, type WaitRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { requestHash, sha256Hex } from '../runs/request-hash';
import { DueWaitsService } from './due-waits.service';
import type { EventCreate, PostedEvent, Wait, WaitListQuery } from './waits.schema';

/** What nodes wait for, and the events that end it. */
@Injectable()
export class WaitsService {
  constructor(
    @Inject(WaitsRepository) private readonly waits: WaitsRepository,
    @Inject(BlobsRepository) private readonly blobs: BlobsRepository,
    @Inject(DueWaitsService) private readonly clock: DueWaitsService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** A page, newest first; `next` when there is another. */
  async list(ctx: TenantContext, query: WaitListQuery): Promise<{ items: Wait[]; next: string | undefined }> {
    const { status, thread_id: threadId, event_type: eventType, after, limit } = query;
    const rows = await this.waits.list(ctx, { status, threadId, eventType, after, limit });
    return { items: rows.map(toWait), next: rows.length === limit ? rows.at(-1)?.wait_id : undefined };
  }

  /** Posts an event; a repeat gives what was posted first. @throws HoldfastError CONFLICT when the id names another event, BODY_TOO_LARGE, RATE_LIMITED */
  async post(ctx: TenantContext, body: EventCreate): Promise<PostedEvent> {
    const { id = uuidv7(), type } = body;
    const [key, payload] = [body.key ?? null, body.payload ?? null];
    const texts = externalise(payload, sha256Hex);
    requireSmall(texts.value);
    await this.requireRoom(ctx, id);
    // Before the row that refers to them; a thread that takes the event has them for its own.
    if (texts.blobs.length > 0) await this.blobs.putMany(ctx, { ownerId: uuidv7() }, texts.blobs);
    const draft = { eventId: id, type, key, payload: texts.value, requestHash: requestHash({ type, key, payload }), postedBy: ctx.principalId };
    const { kind, event } = await this.waits.post(ctx, draft);
    if (kind === 'mismatch') {
      throw new HoldfastError('CONFLICT', `id: another event has the id ${id}`, { fields: [{ path: 'id', message: 'is taken by another event' }] });
    }
    if (kind === 'posted' && event.woken > 0) this.clock.lookSoon();
    return toPostedEvent(event);
  }

  /** Those that come at the same moment may go beyond it by their number. */
  private async requireRoom(ctx: TenantContext, eventId: string): Promise<void> {
    const most = this.config.MAX_KEPT_EVENTS;
    const retryAfterMs = await this.waits.fullFor(ctx, { eventId, most });
    if (retryAfterMs === null) return;
    throw new HoldfastError('RATE_LIMITED', `${most} events were posted within a day: no more are kept at a time.`, { retryAfterMs });
  }
}

function requireSmall(payload: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes <= MAX_EVENT_PAYLOAD_BYTES) return;
  const message = `payload: ${bytes} bytes beside its long texts, an event may have ${MAX_EVENT_PAYLOAD_BYTES}`;
  throw new HoldfastError('BODY_TOO_LARGE', message, { fields: [{ path: 'payload', message: 'is too large' }] });
}

function toWait(row: WaitRow): Wait {
  const { wait_id, thread_id, run_id, interrupt_id, status, event_type, event_key, event_id, outcome, resume_run_id } = row;
  const times = { wake_at: row.wake_at?.toISOString() ?? null, created_at: row.created_at.toISOString(), ended_at: row.ended_at?.toISOString() ?? null };
  return { wait_id, thread_id, run_id, interrupt_id, status, event_type, event_key, event_id, outcome, resume_run_id, ...times };
}

function toPostedEvent({ event_id: id, type, key, woken, posted_by, created_at, expires_at }: PostedEventRow): PostedEvent {
  return { id, type, key, woken, posted_by, posted_at: created_at.toISOString(), kept_until: expires_at.toISOString() };
}
