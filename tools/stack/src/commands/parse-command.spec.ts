import { parseCommand } from './parse-command.ts';

describe('parseCommand', () => {
  it.each([
    [['start'], { name: 'start', exit: false, sample: true }],
    [['start', '--exit'], { name: 'start', exit: true, sample: true }],
    [['start', '--no-sample'], { name: 'start', exit: false, sample: false }],
    [['up'], { name: 'up', serversOnly: false, without: undefined }],
    [['up', '--servers-only'], { name: 'up', serversOnly: true, without: undefined }],
    [['up', '--without', 'worker'], { name: 'up', serversOnly: false, without: 'worker' }],
    [['env', 'worker'], { name: 'env', app: 'worker' }],
    [['logs', 'worker', '-f'], { name: 'logs', process: 'worker', follow: true }],
    [['logs'], { name: 'logs', process: undefined, follow: false }],
    [['test'], { name: 'test', only: undefined }],
    [['test', '--only', 'int'], { name: 'test', only: 'int' }],
    [['test', '--only=e2e'], { name: 'test', only: 'e2e' }],
  ])('understands %j', (args, command) => expect(parseCommand(args)).toEqual(command));

  it.each([[[]], [['fly']], [['start', '--exitt']], [['start', 'now']], [['down', '--all']], [['up', '--without']], [['up', '--without', 'postgres']], [['env']], [['env', 'redis']], [['logs', 'a', 'b']], [['test', '--only', 'some']], [['test', '--fast']]])(
    'refuses %j',
    (args) => expect(parseCommand(args)).toBeUndefined(),
  );
});
