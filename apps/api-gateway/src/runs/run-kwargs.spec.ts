import type { AssistantRow } from '@holdfast/persistence';
import { checkpointIdOf, identityIn, identityOf, runKwargs, streamModesOf } from './run-kwargs';

const me = identityOf({ tenantId: 't', principalId: 'p', roles: ['admin'], requestId: 'r' });
const place = { runId: 'run', threadId: 'thread', stateless: false };
const assistant = {
  assistant_id: 'a',
  graph_id: 'g',
  config: { recursion_limit: 7, tags: ['base'], configurable: { model: 'small', keep: 1 } },
  context: { locale: 'de', tone: 'dry' },
  metadata: {},
} as unknown as AssistantRow;

describe('the arguments of a run', () => {
  it('put the request over the assistant', () => {
    const kwargs = runKwargs(me, place, assistant, {
      assistant_id: 'g',
      input: { x: 1 },
      config: { recursion_limit: 3, configurable: { model: 'large' } },
      context: { tone: 'warm' },
      metadata: { m: 1 },
    });
    expect(kwargs).toMatchObject({
      input: { x: 1 },
      command: null,
      config: { recursion_limit: 3, tags: ['base'], metadata: { m: 1 }, configurable: { model: 'large', keep: 1, run_id: 'run', thread_id: 'thread', graph_id: 'g', assistant_id: 'a' } },
      context: { locale: 'de', tone: 'warm' },
      stream_mode: ['values'],
      durability: 'async',
    });
  });

  it('cannot take another run, thread or principal in', () => {
    const forged = { run_id: 'x', thread_id: 'x', graph_id: 'x', assistant_id: 'x', langgraph_auth_user_id: 'root' };
    const { config } = runKwargs(me, place, assistant, { assistant_id: 'g', config: { configurable: forged } });
    expect(config).toMatchObject({ configurable: { run_id: 'run', thread_id: 'thread', graph_id: 'g', assistant_id: 'a', langgraph_auth_user_id: 'p' } });
  });

  it('say who acts, whatever the caller and the assistant claim', () => {
    const forged = { langgraph_auth_user: { identity: 'root' }, langgraph_auth_user_id: 'root', langgraph_auth_permissions: ['all'], langgraph_auth_scopes: ['all'] };
    const claiming = { ...assistant, config: { configurable: forged } } as AssistantRow;
    for (const from of [assistant, claiming]) {
      const { config } = runKwargs(me, place, from, { assistant_id: 'g', config: { configurable: forged } }) as { config: { configurable: Record<string, unknown> } };
      const identity = Object.entries(config.configurable).filter(([key]) => key.startsWith('langgraph_auth_'));
      expect(Object.fromEntries(identity)).toEqual({
        langgraph_auth_user: { identity: 'p', display_name: 'p', is_authenticated: true, permissions: ['admin'] },
        langgraph_auth_user_id: 'p',
        langgraph_auth_permissions: ['admin'],
      });
    }
  });

  it('tell on whose behalf an earlier run acted', () => {
    expect(identityIn(runKwargs(me, place, assistant, { assistant_id: 'g', config: { configurable: { own: 1 } } }))).toEqual(me);
    expect(identityIn({})).toEqual({});
  });

  it('find the checkpoint wherever it is named', () => {
    expect(checkpointIdOf({ assistant_id: 'g', checkpoint: { checkpoint_id: 'c1' }, checkpoint_id: 'c2' })).toBe('c1');
    expect(checkpointIdOf({ assistant_id: 'g', checkpoint_id: 'c2' })).toBe('c2');
    expect(checkpointIdOf({ assistant_id: 'g', config: { configurable: { checkpoint_id: 'c3' } } })).toBe('c3');
    expect(checkpointIdOf({ assistant_id: 'g' })).toBeUndefined();
    expect(runKwargs(me, place, assistant, { assistant_id: 'g', checkpoint_id: 'c2' })).toMatchObject({ checkpoint_id: 'c2', config: { configurable: { checkpoint_id: 'c2' } } });
  });

  it.each([
    [{}, 'async'],
    [{ checkpoint_during: true }, 'async'],
    [{ checkpoint_during: false }, 'exit'],
    [{ checkpoint_during: false, durability: 'sync' as const }, 'sync'],
  ])('durability of %j is %s', (more, durability) => {
    expect(runKwargs(me, place, assistant, { assistant_id: 'g', ...more })).toMatchObject({ durability });
  });

  it('stream values when no mode is named', () => {
    expect([undefined, null, [], 'updates' as const, ['custom', 'tasks'] as const].map((modes) => streamModesOf(modes as never))).toEqual([['values'], ['values'], ['values'], ['updates'], ['custom', 'tasks']]);
  });
});
