import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A NATS server of the test's own, for what must not be done to a shared one: kill it, freeze it, empty it. */
export class OwnNatsServer {
  private child: ChildProcess | undefined;
  private readonly store = mkdtempSync(join(tmpdir(), 'holdfast-nats-'));

  private constructor(private readonly port: number) {}

  /** Starts one on a free port. */
  static async start(): Promise<OwnNatsServer> {
    const server = new OwnNatsServer(await freePort());
    await server.up();
    return server;
  }

  /** Address of the server; stays the same over restarts. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Starts it (again) with what its store holds. */
  async up(): Promise<void> {
    const args = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.store];
    this.child = spawn(serverBinary(), args, { stdio: 'ignore' });
    for (let i = 0; i < 200 && !(await accepts(this.port)); i += 1) await sleep(25);
  }

  /** `kill -9`; memory streams are gone afterwards. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Kills it and forgets everything it stored. */
  async killAndEmpty(): Promise<void> {
    await this.kill();
    rmSync(this.store, { recursive: true, force: true });
  }
}

function serverBinary(): string {
  const given = process.env['HOLDFAST_NATS_SERVER'];
  if (given !== undefined) return given;
  const cache = process.env['HOLDFAST_CACHE'] ?? join(homedir(), '.cache', 'holdfast');
  const folder = readdirSync(cache).find((name) => name.startsWith('nats-server-'));
  if (folder === undefined) throw new Error(`no nats-server in ${cache}: start the stack once, or set HOLDFAST_NATS_SERVER`);
  return join(cache, folder, 'nats-server');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
