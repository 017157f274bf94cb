import { packSaved } from '../workflow/saved-state';
import { canMove } from './can-move';

const headerOf = (version: string, graphId = 'g'): string => packSaved(null, '{}', { graphId, version }).split('\n')[0]!;
const graphs = { g: { version: '2.0.0', migrations: [{ from: '1.0.0', to: '2.0.0' }] }, any: null };

describe('a run can be moved', () => {
  it('to a build that has its graph and loads its state', () => {
    expect(canMove('g', headerOf('2.3.0'), graphs)).toBe(true);
    expect(canMove('g', headerOf('1.5.0'), graphs)).toBe(true);
    expect(canMove('g', null, graphs)).toBe(true);
    expect(canMove('g', packSaved(null, '{}').split('\n')[0]!, graphs)).toBe(true);
    expect(canMove('g', headerOf('9.0.0', 'other'), graphs)).toBe(true);
    expect(canMove('any', headerOf('9.0.0', 'any'), graphs)).toBe(true);
  });

  it('to no other', () => {
    expect(canMove('g', headerOf('3.0.0'), graphs)).toBe(false);
    expect(canMove('g', headerOf('0.9.0'), graphs)).toBe(false);
    expect(canMove('gone', null, graphs)).toBe(false);
  });
});
