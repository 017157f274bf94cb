import type { CancelRunAnswer } from '@holdfast/agent-runtime/api';
import type { NoticeBus } from '@holdfast/event-bus';
import type { RunJournal, RunsRepository } from '@holdfast/persistence';
import type { TemporalLink } from '../connections/temporal-link';
import { CancelService, type CancelRequest } from './cancel.service';

const ctx = { tenantId: 't', principalId: 'p', roles: [], requestId: 'r' };
const request: CancelRequest = { threadId: 'th', runId: 'r', action: 'compensate', reason: 'wrong customer' };

/** A run whose workflow answers so, and that has ended by its row after this many looks. */
function aService(answer: CancelRunAnswer, endsAfter: number): { readonly service: CancelService; readonly asked: () => number } {
  let looks = 0;
  let asked = 0;
  const runs = { cancelPending: () => Promise.resolve({ kind: (looks += 1) > endsAfter ? 'terminal' : 'running', notice: null }) } as unknown as RunsRepository;
  const threads = { cancelRun: () => Promise.resolve(((asked += 1), answer)) };
  const notWritten = { commitProgress: () => Promise.reject(new Error('not its workflow')) } as unknown as RunJournal;
  const service = new CancelService(runs, notWritten, { threads: () => threads } as unknown as TemporalLink, undefined as unknown as NoticeBus);
  return { service, asked: () => asked };
}

describe('a cancel with compensation', () => {
  it('that comes while the end of the run is being written finds it ended', async () => {
    const { service, asked } = aService('not-found', 2);
    expect(await service.cancel(ctx, request)).toBe('finished');
    expect(asked()).toBe(2);
  });

  it('is to be repeated when that takes long, instead of being promised', async () => {
    const { service } = aService('not-found', 100);
    await expect(service.cancel(ctx, request)).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true, retryAfterMs: 1_000 });
  });

  it('is refused for good where it cannot be', async () => {
    for (const answer of ['no-compensation', 'ends-without'] as const) {
      const { service, asked } = aService(answer, 100);
      await expect(service.cancel(ctx, request)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(asked()).toBe(1);
    }
  });
});
