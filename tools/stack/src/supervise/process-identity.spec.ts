import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identify, isRunning, parseIdentity, statFields } from '../../bin/process-identity.mjs';

describe('statFields', () => {
  it('is not confused by the name of the process', () => {
    const fields = ['S', '1', '4242', ...Array.from({ length: 16 }, () => '0'), '987654', '0'];
    expect(statFields(`4242 (a) b (c) ) ${fields.join(' ')}`)).toEqual({ state: 'S', startTime: '987654', processGroup: 4242 });
  });
});

describe('identify', () => {
  it('tells one process from a later one with its pid', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw new Error('the child has no identity');
    expect(isRunning(identity)).toBe(true);
    expect(isRunning({ pid: identity.pid, started: 'another boot:1' })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
  });

  it('knows no process that is not there', () => expect(identify(2 ** 22 + 1)).toBeUndefined());
});

describe('parseIdentity', () => {
  it('takes no pid that would reach everybody', () => {
    for (const pid of [1, 0, -1]) expect(parseIdentity({ pid, started: 'x' })).toBeUndefined();
    expect(parseIdentity({ pid: 77, started: 'x', ready: true })).toEqual({ pid: 77, started: 'x' });
    expect(parseIdentity(null)).toBeUndefined();
  });
});
