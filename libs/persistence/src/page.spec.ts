import { anywhere, Conditions, page } from './page';

describe('page', () => {
  it('keeps limits within the protocol’s bounds', () => {
    expect(page({})).toEqual({ limit: 10, offset: 0 });
    expect(page({ limit: 5_000, offset: -1 })).toEqual({ limit: 1_000, offset: 0 });
    expect(page({ limit: 0, offset: 3 })).toEqual({ limit: 1, offset: 3 });
  });
});

describe('Conditions', () => {
  it('numbers parameters and leaves out what was not asked', () => {
    const conditions = new Conditions().add('a = ?', 1).add('b = ?', undefined).add('c @> ?::jsonb', '{}');
    expect(conditions.where).toBe('WHERE a = $1 AND c @> $2::jsonb');
    expect(conditions.params).toEqual([1, '{}']);
    expect(new Conditions().where).toBe('');
    expect(new Conditions().add('a = ?', null).params).toEqual([null]);
  });
});

describe('anywhere', () => {
  it('takes wildcards literally', () => {
    expect(anywhere('50%_\\')).toBe('%50\\%\\_\\\\%');
  });
});
