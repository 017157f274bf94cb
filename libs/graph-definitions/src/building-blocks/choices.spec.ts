import { DEFAULT_TOOLS, chosenModel, chosenNumber, chosenTools } from './choices';

const config = (configurable: Record<string, unknown>) => ({ configurable });

describe('choices of an assistant', () => {
  it('are taken when they have the right form, and otherwise count as not given', () => {
    expect(chosenTools(config({ tools: ['a__*'] }))).toEqual(['a__*']);
    expect(chosenTools(config({ tools: [] }))).toEqual([]);
    expect(chosenTools(config({ tools: ['a', 1] }))).toBe(DEFAULT_TOOLS);
    expect(chosenTools(config({ tools: ['a'] }), 'clerk_tools', ['b'])).toEqual(['b']);
    expect(chosenTools({})).toBe(DEFAULT_TOOLS);
    expect(chosenModel(config({ model: 'big' }))).toEqual({ params: { model: 'big' } });
    expect(chosenModel(config({ model: '' }))).toEqual({});
  });

  it('stay inside their bounds when they are numbers', () => {
    const bounds = { min: 1, max: 5, fallback: 3 };
    expect([4, 0, 99, 2.5, '4', undefined].map((n) => chosenNumber(config({ n }), 'n', bounds))).toEqual([4, 1, 5, 3, 3, 3]);
  });
});
