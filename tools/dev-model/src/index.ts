export { DEV_MODEL } from './answer.ts';
export { type DevModelOptions, type DevModelServer, startDevModel } from './server.ts';
