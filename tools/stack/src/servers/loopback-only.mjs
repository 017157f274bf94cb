// Preloaded (`node --import`) into third-party servers that listen on every address: `listen(port)` becomes
// `listen(port, '127.0.0.1')`. The demonstration MCP server has tools nobody on the network should reach.
import { Server } from 'node:net';

const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(...args) {
  const [first, second] = args;
  if ((typeof first === 'number' || typeof first === 'string') && typeof second !== 'string') {
    return listen.call(this, first, '127.0.0.1', ...args.slice(1));
  }
  if (typeof first === 'object' && first !== null && 'port' in first && first.host === undefined) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...args.slice(1));
  }
  return listen.apply(this, args);
};
