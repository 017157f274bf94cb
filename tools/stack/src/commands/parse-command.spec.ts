import { parseCommand } from './parse-command.ts';

describe('parseCommand', () => {
  it.each([
    [['start'], { name: 'start', exit: false, sample: true, graphs: undefined }],
    [['start', '--exit'], { name: 'start', exit: true, sample: true, graphs: undefined }],
    [['start', '--no-sample'], { name: 'start', exit: false, sample: false, graphs: undefined }],
    [['start', '--graphs', '../mine', '--exit'], { name: 'start', exit: true, sample: true, graphs: '../mine' }],
    [['up', '--graphs=mine'], { name: 'up', serversOnly: false, without: undefined, graphs: 'mine' }],
    [['supervise', '--without', 'worker', '--graphs', 'mine'], { name: 'supervise', serversOnly: false, without: 'worker', graphs: 'mine' }],
    [['up'], { name: 'up', serversOnly: false, without: undefined, graphs: undefined }],
    [['up', '--servers-only'], { name: 'up', serversOnly: true, without: undefined, graphs: undefined }],
    [['up', '--without', 'worker'], { name: 'up', serversOnly: false, without: 'worker', graphs: undefined }],
    [['env', 'worker'], { name: 'env', app: 'worker' }],
    [['logs', 'worker', '-f'], { name: 'logs', process: 'worker', follow: true }],
    [['logs'], { name: 'logs', process: undefined, follow: false }],
    [['test'], { name: 'test', only: undefined }],
    [['test', '--only', 'int'], { name: 'test', only: 'int' }],
    [['test', '--only=e2e'], { name: 'test', only: 'e2e' }],
  ])('understands %j', (args, command) => expect(parseCommand(args)).toEqual(command));

  it.each([[[]], [['fly']], [['start', '--exitt']], [['start', 'now']], [['start', '--graphs']], [['start', '--graphs', '--exit']], [['start', '--graphs=']], [['status', '--graphs', 'x']], [['down', '--all']], [['up', '--without']], [['up', '--without', 'postgres']], [['env']], [['env', 'redis']], [['logs', 'a', 'b']], [['test', '--only', 'some']], [['test', '--fast']]])(
    'refuses %j',
    (args) => expect(parseCommand(args)).toBeUndefined(),
  );
});
