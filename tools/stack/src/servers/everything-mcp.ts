import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkTcp } from '../kit/checks.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import { HOST, nodeEnvironment, nodeBinary, portOf, type StackContext } from './stack-context.ts';

/** The MCP project's demonstration server over streamable HTTP; it keeps to the loopback address by a preload of ours. */
export function everythingMcpSpec(context: StackContext): ProcessSpec {
  const port = portOf(context.ports, 'everything-mcp');
  const { checkout } = context.settings;
  const preload = pathToFileURL(join(checkout, 'tools/stack/src/servers/loopback-only.mjs')).href;
  return {
    name: 'everything-mcp',
    command: nodeBinary(),
    args: ['--import', preload, join(checkout, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js'), 'streamableHttp'],
    env: { ...nodeEnvironment(context), PORT: String(port) },
    cwd: context.layout.home,
    port,
    check: () => checkTcp(HOST, port),
    stopTimeoutMs: 3_000,
  };
}
