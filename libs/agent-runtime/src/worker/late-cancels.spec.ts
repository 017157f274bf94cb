import { LateCancels, lateCancels } from './late-cancels';

const NEVER = new Promise<never>(() => undefined);
const cancelOf = (seq: number) => ({ requestCancelLocalActivity: { seq } });
const anActivity = (activityId: string, { attempt = 1, maximumAttempts = 1, cancelled = NEVER } = {}) => ({
  cancelled,
  info: { runId: 'run', isLocal: true, activityId, attempt, retryPolicy: { maximumAttempts } },
});
/** Which of the cancels go on to Core. */
const sent = (cancels: LateCancels, ...seqs: number[]) => {
  const commands = seqs.map(cancelOf);
  cancels.filter('run', { successful: { commands } });
  return commands.map(({ requestCancelLocalActivity: { seq } }) => seq);
};

describe('a cancel of a local activity', () => {
  it('is dropped when the activity has answered, and not otherwise', async () => {
    const cancels = new LateCancels();
    await cancels.ends(anActivity('2'), false);
    expect(sent(cancels, 1, 2, 3)).toEqual([1, 3]);
    const others = { successful: { commands: [cancelOf(2)] } };
    cancels.filter('another', others);
    expect(others.successful.commands).toHaveLength(1);
    cancels.filter('run', {});
  });

  it('reaches one that failed and is going to be repeated', async () => {
    const cancels = new LateCancels();
    await cancels.ends(anActivity('1', { maximumAttempts: 3 }), true);
    await cancels.ends(anActivity('2', { attempt: 3, maximumAttempts: 3 }), true);
    await cancels.ends(anActivity('3'), false);
    cancels.begins(anActivity('3'));
    expect(sent(cancels, 1, 2, 3)).toEqual([1, 3]);
  });

  it('is waited for by an answer that it was sent before', async () => {
    const cancels = new LateCancels();
    let tell: (error: Error) => void = () => undefined;
    const cancelled = new Promise<never>((_, reject) => {
      tell = reject;
    });
    expect(sent(cancels, 1)).toEqual([1]);
    const order: string[] = [];
    const ending = cancels.ends(anActivity('1', { cancelled }), false).then(() => order.push('answered'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push('told');
    tell(new Error('cancelled'));
    await ending;
    expect(order).toEqual(['told', 'answered']);
  });
});

it('the SDK has the line to its workflow threads that is patched, once', () => {
  expect(lateCancels()).toBe(lateCancels());
});
