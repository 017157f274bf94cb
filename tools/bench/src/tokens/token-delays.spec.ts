import { DelayReader } from './token-delays';

const event = (...stamps: number[]): string => `event: messages\ndata: [{"content":"${stamps.map((at) => at.toFixed(3)).join(' ')} "},{}]\n\n`;
const T = 1_800_000_000_000;

describe('the delays of tokens', () => {
  it('are those of each chunk by its oldest piece, wherever the text is cut, and a message that is shown again counts once', () => {
    let now = T;
    const reader = new DelayReader(() => now);
    const whole = event(T + 1) + event(T + 30, T + 40);
    const cut = event(T + 1).length + 10;
    now = T + 9;
    reader.take(whole.slice(0, cut));
    now = T + 60;
    reader.take(whole.slice(cut));
    now = T + 500;
    reader.take(event(T + 1, T + 30, T + 40));
    expect(reader.delays).toEqual({ first: 8, all: [8, 30] });
  });

  it('of a stream without tokens are none', () => {
    expect(() => new DelayReader().delays).toThrow('no token');
  });
});
