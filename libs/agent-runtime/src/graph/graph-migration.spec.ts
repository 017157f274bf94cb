import { assertMigrations, isCompatible, migrationPath } from './graph-migration';

const migrations = [
  { from: '2.0.0', to: '3.0.0' },
  { from: '0.1.0', to: '1.0.0' },
  { from: '1.0.0', to: '2.1.0' },
];

describe('migrations of a graph', () => {
  it('are needed where the versions are not compatible', () => {
    expect([isCompatible('1.0.0', '1.9.3'), isCompatible('0.1.0', '0.1.9'), isCompatible('0.1.0', '0.2.0'), isCompatible('1.0.0', '2.0.0')]).toEqual([true, true, false, false]);
    expect(migrationPath('1.2.0', '1.0.0', [])).toEqual([]);
  });

  it('follow one another', () => {
    expect(migrationPath('0.1.7', '3.1.0', migrations)).toEqual([migrations[1], migrations[2], migrations[0]]);
    expect(migrationPath('2.5.0', '3.0.0', migrations)).toEqual([migrations[0]]);
  });

  it('lead nowhere from a version that nobody thought of, and never back', () => {
    expect(migrationPath('0.2.0', '3.0.0', migrations)).toBe('none');
    expect(migrationPath('4.0.0', '3.0.0', migrations)).toBe('newer');
    expect(migrationPath('2.0.0', '1.0.0', [])).toBe('newer');
  });

  it.each([
    ['is no version', [{ from: '1', to: '2.0.0' }]],
    ['leads back', [{ from: '2.0.0', to: '1.0.0' }]],
    ['leads to where nothing goes on', [{ from: '0.1.0', to: '1.0.0' }]],
    ['there is twice', [{ from: '1.0.0', to: '2.0.0' }, { from: '1.4.0', to: '2.0.0' }]],
  ])('are refused when one %s', (_, given) => expect(() => assertMigrations('g', '2.0.0', given)).toThrow(TypeError));
});
