import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withStack, type StackOptions } from './own-stack';

describe('withStack', () => {
  let root: string;
  let called: string[];
  /** Exit code of `status` by home. */
  let states: Record<string, number>;
  const options = (more: Partial<StackOptions> = {}): StackOptions => ({
    signal: new AbortController().signal,
    home: join(root, 'home'),
    ownHome: join(root, 'own'),
    command: async (verb, env) => {
      const home = env['HOLDFAST_HOME'] ?? '';
      called.push(`${verb} ${home.slice(root.length + 1)}`);
      return verb === 'status' ? { code: states[home.slice(root.length + 1)] ?? 3, output: 'worker  unready' } : { code: 0, output: '' };
    },
    ...more,
  });
  const url = 'http://127.0.0.1:1';

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    called = [];
    states = {};
    for (const name of ['home', 'own']) {
      mkdirSync(join(root, name));
      const entries = ['temporal', 'tool-router'].map((process) => ({ name: process, pid: 5, port: 6, state: 'ready', restarts: 0 }));
      writeFileSync(join(root, name, 'stack.json'), JSON.stringify(entries));
      writeFileSync(join(root, name, 'dev.env'), `HOLDFAST_URL=${url}\nHOLDFAST_API_KEY=${name}\n`);
      writeFileSync(join(root, name, 'secrets.json'), JSON.stringify({ internal: 'x' }));
    }
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('measures what runs and leaves it running', async () => {
    states = { home: 0 };
    expect(await withStack(options(), async ({ apiKey }) => apiKey)).toBe('home');
    expect(called).toEqual(['status home']);
  });

  it('starts one of its own only when none runs, and ends it', async () => {
    expect(await withStack(options(), async ({ apiKey }) => apiKey)).toBe('own');
    expect(called).toEqual(['status home', 'status own', 'up own', 'down own']);
  });

  it.each(['home', 'own'])('says why it cannot measure while the stack of %s is not ready, and starts none beside it', async (name) => {
    states = { [name]: 1 };
    await expect(withStack(options(), async () => 0)).rejects.toThrow(/not ready to be measured:\nworker {2}unready/);
    expect(called.filter((call) => !call.startsWith('status'))).toEqual([]);
  });

  it('says what a running stack lacks', async () => {
    states = { home: 0 };
    writeFileSync(join(root, 'home/stack.json'), JSON.stringify([{ name: 'temporal', pid: 5, port: 6, state: 'ready', restarts: 0 }]));
    await expect(withStack(options(), async () => 0)).rejects.toThrow(/tool-router of .* is not ready/);
  });

  it('takes the stack of another bench neither for its own nor away', async () => {
    states = { home: 0, own: 0 };
    await expect(withStack(options({ nodeOptions: '--cpu-prof' }), async () => 0)).rejects.toThrow(/End it with: HOLDFAST_HOME=/);
    expect(called).toEqual(['status own']);
  });

  it('ends its own when the measurement fails or is interrupted', async () => {
    await expect(withStack(options(), () => Promise.reject(new Error('no connection')))).rejects.toThrow('no connection');
    expect(called.at(-1)).toBe('down own');
    called = [];
    const stop = new AbortController();
    const interrupted = withStack(options({ signal: stop.signal }), async () => {
      stop.abort(new Error('Ctrl-C'));
      await new Promise(() => undefined);
    });
    await expect(interrupted).rejects.toThrow('Ctrl-C');
    expect(called.at(-1)).toBe('down own');
  });
});
