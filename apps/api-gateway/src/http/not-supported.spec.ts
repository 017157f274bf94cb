import { refuseGiven, refuseSubGraph, refuseUnsupportedRun } from './not-supported';

const body = { assistant_id: 'a' };

describe('what is not served yet', () => {
  it.each([
    [{ webhook: 'https://example.org' }, 'webhook'],
    [{ feedback_keys: ['x'] }, 'feedback_keys'],
    [{ langsmith_tracer: {} }, 'langsmith_tracer'],
    [{ strict_resume: true }, 'strict_resume'],
  ])('is refused and named: %j', (more, path) => {
    expect(() => refuseUnsupportedRun({ ...body, ...more } as never)).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', fields: [{ path, message: 'is not supported yet' }] }));
  });

  it.each([{ checkpoint_ns: 'inner:1' }, { checkpoint_ns: 'inner:1', checkpoint_id: 'c' }])('is the checkpoint of a sub-graph, told what to name instead: %j', (checkpoint) => {
    const refused = expect.objectContaining({ code: 'NOT_SUPPORTED', fields: [{ path: 'checkpoint.checkpoint_ns', message: expect.stringContaining('checkpoint_map[""]') }] });
    expect(() => refuseUnsupportedRun({ ...body, checkpoint } as never)).toThrow(refused);
    expect(() => refuseSubGraph(checkpoint)).toThrow(refused);
    for (const ref of [null, undefined, {}, { checkpoint_ns: '', checkpoint_map: null }]) expect(() => refuseSubGraph(ref)).not.toThrow();
    expect(() => refuseSubGraph({ checkpoint_map: { '': 'c' } })).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
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
