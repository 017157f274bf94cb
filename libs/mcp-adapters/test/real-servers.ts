import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { StdioServerSpec } from '../src/server-spec';

const modules = join(import.meta.dirname, '../../../node_modules/@modelcontextprotocol');

/** The real filesystem server, rooted at a folder, as a child process of the connection. */
export function filesystemSpec(root: string): StdioServerSpec {
  return { kind: 'stdio', command: process.execPath, args: [join(modules, 'server-filesystem/dist/index.js'), root] };
}

// The server listens on all interfaces; tests keep to loopback.
const LOOPBACK = `data:text/javascript,import net from 'node:net';const l=net.Server.prototype.listen;net.Server.prototype.listen=function(p,...r){return l.call(this,typeof p==='object'?{...p,host:'127.0.0.1'}:{port:Number(p),host:'127.0.0.1'},...r)}`;

/** The real server-everything over streamable HTTP on a port of its own, for tests that kill it. */
export class EverythingServer {
  #child: ChildProcess | undefined;

  private constructor(readonly port: number) {}

  /** On a free port; not running yet. */
  static async prepare(): Promise<EverythingServer> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    return new EverythingServer(port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  async start(): Promise<void> {
    const args = ['--import', LOOPBACK, join(modules, 'server-everything/dist/index.js'), 'streamableHttp'];
    const child = spawn(process.execPath, args, { env: { ...process.env, PORT: String(this.port) }, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let said = '';
    for await (const chunk of child.stderr ?? []) {
      said += String(chunk);
      if (said.includes('listening on port')) break;
    }
    if (!said.includes('listening on port')) throw new Error(`server-everything did not start: ${said}`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** True while a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
