import { jest } from '@jest/globals';
import { HoldfastError } from '@holdfast/contracts/errors';

const tick = () => new Promise((resolve) => setImmediate(resolve));
jest.unstable_mockModule('@temporalio/workflow', () => ({
  condition: async (predicate: () => boolean) => {
    while (!predicate()) await tick();
  },
}));
const { Steering } = await import('./steering');

const input = (commandId: string) => ({ commandId, runId: 'r', values: {} });

function driven(): InstanceType<typeof Steering> {
  const steering = new Steering();
  steering.open([], () => undefined);
  return steering;
}

describe('Steering', () => {
  it('answers the first sender when the command is in the journal, and a repeat until then at once', async () => {
    const steering = driven();
    const first = steering.inject(input('a'));
    expect(await steering.inject(input('a'))).toBe('waiting');
    let committed = false;
    for (const injection of steering.take()) steering.applied(injection, 'c', () => committed);
    expect(await steering.inject(input('a'))).toBe('waiting');
    committed = true;
    expect([await first, await steering.inject(input('a'))]).toEqual([{ checkpointId: 'c' }, { checkpointId: 'c' }]);
  });

  it('puts in once what is repeated before the next execution has loaded what the one before has taken', async () => {
    const steering = new Steering();
    const answers = [steering.inject(input('a')), steering.inject(input('b'))];
    steering.open([['a', 'c']], () => undefined);
    expect(await answers[0]).toEqual({ checkpointId: 'c' });
    expect(steering.take().map(({ command }) => command.commandId)).toEqual(['b']);
  });

  it('keeps nobody on the line while the run stands still, and the commands until it goes on', async () => {
    const steering = driven();
    const before = steering.inject(input('a'));
    steering.stand(true);
    expect([await before, await steering.inject(input('b')), await steering.inject(input('a'))]).toEqual(['waiting', 'waiting', 'waiting']);
    steering.stand(false);
    const waiting = steering.take();
    expect(waiting.map(({ command }) => command.commandId)).toEqual(['a', 'b']);
    steering.applied(waiting[0]!, 'c', () => true);
    waiting[1]!.refused(new HoldfastError('INVALID_ARGUMENT', 'fits nowhere'));
    await tick();
    expect(await steering.inject(input('a'))).toEqual({ checkpointId: 'c' });
    // Told to nobody, so it is taken again.
    const again = steering.inject(input('b'));
    steering.close(new HoldfastError('CONFLICT', 'the run has ended'));
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('takes far fewer commands than a workflow may have Updates in flight', async () => {
    const steering = driven();
    const answers = Array.from({ length: 20 }, (_, i) => steering.inject(input(`${i}`)));
    await expect(steering.inject(input('more'))).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    for (const injection of steering.take()) steering.applied(injection, 'c', () => true);
    expect(new Set((await Promise.all(answers)).map((answer) => typeof answer === 'string' || answer.checkpointId))).toEqual(new Set(['c']));
    const more = steering.inject(input('more'));
    for (const injection of steering.take()) steering.applied(injection, 'd', () => true);
    expect(await more).toEqual({ checkpointId: 'd' });
  });
});
