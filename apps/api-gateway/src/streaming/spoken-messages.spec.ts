import type { CallCursor } from './cursor';
import { SpokenMessages } from './spoken-messages';

const RUN = '01890000-0000-7000-8000-000000000001';
const CALL = '0123456789abcdef-0';
const chunk = { call: CALL, attempt: 1, messageId: `run-${RUN}-${CALL}`, node: 'agent', ns: [], offset: 0, text: 'Hello' };

describe('a call of which only the beginning was given', () => {
  const begun: CallCursor = { call: CALL, attempt: 1, sent: 0, ended: false, begun: true };

  it('stays begun in every cursor until there is more of it', () => {
    const spoken = new SpokenMessages(RUN, [begun]);
    expect(spoken.cursor()).toEqual([begun]);
    expect([...spoken.hear(chunk)]).toMatchObject([{ text: 'Hello', first: false }]);
    expect(spoken.cursor()).toEqual([{ call: CALL, attempt: 1, sent: 5, ended: false }]);
  });

  it('has not begun in its next attempt', () => {
    const spoken = new SpokenMessages(RUN, [begun]);
    expect([...spoken.hear({ ...chunk, attempt: 2, messageId: `${chunk.messageId}-a2`, offset: 3 })]).toEqual([]);
    expect(spoken.cursor()).toEqual([{ call: CALL, attempt: 2, sent: 0, ended: false }]);
  });
});
