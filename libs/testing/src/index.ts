export { AppProcess, bundleForTest } from './app-process';
export { CountingModel } from './counting-model';
export { CountingProcess } from './counting-process';
export { eventually } from './eventually';
export { freePort } from './free-port';
export { OwnNatsServer } from './own-nats-server';
export { CHECKOUT, type StackCommand, runStackCommand } from './stack-command';
export { type StackProcess, readStackAddress, readStackProcesses } from './stack-processes';
export { WriteToolServer } from './write-tool-server';
