import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port';

/** A NATS server of the test's own, for what must not be done to a shared one: kill it, freeze it, empty it. */
export class OwnNatsServer {
  private child: ChildProcess | undefined;
  private readonly store = mkdtempSync(join(tmpdir(), 'holdfast-nats-'));

  private readonly port: number;

  private constructor(port: number) {
    this.port = port;
  }

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

  /** Its process id while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts it (again) with what its store holds. */
  async up(): Promise<void> {
    mkdirSync(this.store, { recursive: true });
    const config = join(this.store, 'server.conf');
    writeFileSync(config, `listen: "127.0.0.1:${this.port}"\njetstream { store_dir: "${this.store}", sync_interval: always }\n`);
    this.child = spawn(serverBinary(), ['-c', config], { stdio: 'ignore' });
    let failure: Error | undefined;
    this.child.once('error', (error) => (failure = error));
    for (let i = 0; i < 400; i += 1) {
      if (await accepts(this.port)) return;
      if (failure !== undefined) throw new Error('no nats-server: start the stack once, or set HOLDFAST_NATS_SERVER', { cause: failure });
      await sleep(25);
    }
    throw new Error('nats-server does not listen');
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

/** From the environment, the stack's cache, or the PATH: where tools/stack takes it from. */
function serverBinary(): string {
  const given = process.env['HOLDFAST_NATS_SERVER'];
  if (given !== undefined) return given;
  const cache = process.env['HOLDFAST_CACHE'] ?? join(homedir(), '.cache', 'holdfast');
  const folders = existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith('nats-server-')) : [];
  const binary = folders.map((folder) => join(cache, folder, 'nats-server')).find((path) => existsSync(path));
  return binary ?? 'nats-server';
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
