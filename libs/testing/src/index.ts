export { AppProcess, bundleForTest } from './app-process';
export { eventually } from './eventually';
export { freePort } from './free-port';
export { OwnNatsServer } from './own-nats-server';
export { WriteToolServer } from './write-tool-server';
