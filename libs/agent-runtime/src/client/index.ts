export { type ThreadClientOptions, ThreadClient } from './thread-client';
