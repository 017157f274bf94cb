import { disorderIn } from './message-order.ts';
import type { ChatMessage } from './request.schema.ts';

const user = (content: string): ChatMessage => ({ role: 'user', content });
const call = (id: string) => ({ id, function: { name: 't', arguments: '{}' } });
const calling = (...ids: string[]): ChatMessage => ({ role: 'assistant', content: null, tool_calls: ids.map(call) });
const result = (id: string): ChatMessage => ({ role: 'tool', tool_call_id: id, content: 'r' });

describe('the order of messages', () => {
  it('is right when every call is answered directly behind it', () => {
    expect(disorderIn([user('q'), calling('a', 'b'), result('b'), result('a'), user('next'), calling('a'), result('a')])).toBeUndefined();
  });

  it.each([
    ['a call that nobody answered', [calling('a'), user('q')], /calls a before it/],
    ['one of two unanswered', [calling('a', 'b'), result('a'), user('q')], /calls b before it/],
    ['a call at the end', [user('q'), calling('a')], /must be followed/],
    ['a result without its call', [user('q'), result('a')], /no open call a/],
    ['a result twice', [calling('a'), result('a'), result('a')], /no open call a/],
  ])('is wrong with %s', (_, messages, problem) => {
    expect(disorderIn(messages as ChatMessage[])).toMatch(problem);
  });
});
