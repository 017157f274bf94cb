import { refuseGiven, refuseUnsupportedRun } from './not-supported';

const body = { assistant_id: 'a' };

describe('what is not served yet', () => {
  it.each([
    [{ webhook: 'https://example.org' }, 'webhook'],
    [{ feedback_keys: ['x'] }, 'feedback_keys'],
    [{ langsmith_tracer: {} }, 'langsmith_tracer'],
    [{ strict_resume: true }, 'strict_resume'],
    [{ checkpoint: { checkpoint_ns: 'inner:1' } }, 'checkpoint.checkpoint_ns'],
  ])('is refused and named: %j', (more, path) => {
    expect(() => refuseUnsupportedRun({ ...body, ...more } as never)).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', fields: [{ path, message: 'is not supported yet' }] }));
  });

  it('lets through what an SDK sends when it wants none of it', () => {
    expect(() =>
      refuseUnsupportedRun({ ...body, webhook: null, feedback_keys: [], strict_resume: false, checkpoint: { checkpoint_ns: '', checkpoint_map: {} } }),
    ).not.toThrow();
    expect(() => refuseGiven({ ttl: undefined, supersteps: [] })).not.toThrow();
  });

  it('refuses given fields', () => {
    expect(() => refuseGiven({ ttl: 5 })).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
  });
});
