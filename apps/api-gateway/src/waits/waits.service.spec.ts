import { MAX_EVENT_PAYLOAD_BYTES } from '@holdfast/contracts';
import type { BlobsRepository, WaitsRepository } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { testConfig } from '../../test/gateway-fixture';
import type { DueWaitsService } from './due-waits.service';
import { WaitsService } from './waits.service';

const CTX = systemContext('01900000-0000-7000-8000-00000000000a', 'test', 'r');

describe('a posted event', () => {
  it('is refused before anything is stored when its payload is too large, whatever its texts take', async () => {
    const stored: unknown[] = [];
    const blobs = { putMany: async (...args: unknown[]) => void stored.push(args) } as unknown as BlobsRepository;
    const waits = { fullFor: async () => null, post: async (_: unknown, draft: unknown) => ({ kind: 'mismatch', event: draft }) } as unknown as WaitsRepository;
    const service = new WaitsService(waits, blobs, {} as DueWaitsService, testConfig());
    const numbers = Array.from({ length: MAX_EVENT_PAYLOAD_BYTES / 8 }, () => 12_345_678);
    await expect(service.post(CTX, { type: 't', payload: { numbers } })).rejects.toMatchObject({ code: 'BODY_TOO_LARGE', fields: [{ path: 'payload' }] });
    expect(stored).toEqual([]);
    // A long text is kept apart: this one comes as far as the table.
    await expect(service.post(CTX, { type: 't', payload: { text: 'x'.repeat(2 * MAX_EVENT_PAYLOAD_BYTES) } })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(stored).toHaveLength(1);
  });

  it('is refused before anything is stored while its tenant has as many as it may', async () => {
    const asked: unknown[] = [];
    const waits = { fullFor: async (_: unknown, query: unknown) => (asked.push(query), 90_000) } as unknown as WaitsRepository;
    const service = new WaitsService(waits, {} as BlobsRepository, {} as DueWaitsService, testConfig({ MAX_KEPT_EVENTS: 7 }));
    const long = { text: 'x'.repeat(10_000) };
    await expect(service.post(CTX, { id: 'e', type: 't', payload: long })).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 90_000 });
    expect(asked).toEqual([{ eventId: 'e', most: 7 }]);
  });
});
