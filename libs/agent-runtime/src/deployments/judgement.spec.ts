import { type BuildHealth, reasonToTakeBack } from './judgement';

const health = (more: Partial<BuildHealth> = {}): BuildHealth => ({ ended: 100, failed: 5, open: 20, stuck: 0, ...more });

describe('judgement of a build', () => {
  it('takes back one whose workflow tasks fail, unless they did before', () => {
    expect(reasonToTakeBack(health({ stuck: 5 }), health())).toContain('5 of 20');
    expect(reasonToTakeBack(health({ open: 2, stuck: 2, ended: 0 }), health({ ended: 0, open: 0 }))).toContain('2 of 2');
    expect(reasonToTakeBack(health({ stuck: 5 }), health({ stuck: 5 }))).toBeUndefined();
    expect(reasonToTakeBack(health({ stuck: 1, open: 1 }), health())).toBeUndefined();
  });

  it('takes back one that fails more runs than the one before it', () => {
    expect(reasonToTakeBack(health({ failed: 30 }), health())).toContain('30 of 100');
    expect(reasonToTakeBack(health({ failed: 30 }), health({ failed: 28 }))).toBeUndefined();
    expect(reasonToTakeBack(health({ failed: 12 }), health({ failed: 5 }))).toBeUndefined();
    expect(reasonToTakeBack(health({ ended: 9, failed: 9 }), health())).toBeUndefined();
    expect(reasonToTakeBack(health({ ended: 10, failed: 9 }), health({ ended: 20, failed: 2 }))).toBeDefined();
    expect(reasonToTakeBack(health({ ended: 27, failed: 3 }), health({ ended: 30, failed: 0 }))).toBeUndefined();
  });

  it('needs something to compare with', () => {
    expect(reasonToTakeBack(health({ failed: 90 }), health({ ended: 9, failed: 0 }))).toBeUndefined();
  });
});
