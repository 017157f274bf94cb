import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { NoticeBus } from '@holdfast/event-bus';
import { OutboxRepository, createDatabase } from '@holdfast/persistence';
import { AppProcess, bundleForTest, eventually, OwnNatsServer } from '@holdfast/testing';
import { RELAY_DEFAULTS } from '../src/relay/relay';
import { JournalWriter } from './journal-writer';
import { OwnDatabase } from './own-database';
import { RelayInHand } from './relay-in-hand';
import { StreamContent } from './stream-content';

jest.setTimeout(90_000);

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('event-bridge', () => {
  let database: OwnDatabase;
  let nats: OwnNatsServer;
  let writer: JournalWriter;
  let stream: StreamContent;
  let bundles: Record<'src/main' | 'test/crashing-bridge', string>;
  const bridges: AppProcess[] = [];

  const env = (): Record<string, string> => ({ DATABASE_URL: database.url('RELAY'), NATS_URL: nats.url });
  const start = (more: Record<string, string> = {}, entry: keyof typeof bundles = 'src/main'): AppProcess => {
    const bridge = AppProcess.start(bundles[entry], { HEALTH_PORT: '0', ...env(), ...more });
    bridges.push(bridge);
    return bridge;
  };
  const waiting = async (): Promise<number> =>
    Number((await database.asRelay<{ n: string }>('SELECT count(*) AS n FROM executions.run_events WHERE published_at IS NULL'))[0]?.n);
  const drained = (): Promise<true> => eventually('everything is relayed', async () => (await waiting()) === 0);
  /** Journal and stream hold the same events, each once and in order within its run. */
  const expectComplete = async (): Promise<void> => {
    const journal = await database.asRelay<{ run_id: string; n: number }>('SELECT run_id, max(seq) AS n FROM executions.run_events GROUP BY run_id');
    const content = await stream.seqsByRun();
    expect(new Set(content.keys())).toEqual(new Set(journal.map((row) => row.run_id)));
    for (const { run_id: runId, n } of journal) expect(content.get(runId)).toEqual(upTo(n));
  };

  beforeAll(async () => {
    bundles = await bundleForTest(join(import.meta.dirname, '..'), 'src/main', 'test/crashing-bridge');
    database = await OwnDatabase.create();
    nats = await OwnNatsServer.start();
    writer = new JournalWriter(database);
    await writer.prepare();
    stream = new StreamContent(nats.url);
  });
  afterEach(async () => {
    await Promise.all(bridges.splice(0).map((bridge) => bridge.end('SIGKILL')));
  });
  afterAll(async () => {
    // Each only when it came to be: a failed start must not hide its reason behind another error.
    await (writer as JournalWriter | undefined)?.close();
    await (stream as StreamContent | undefined)?.link.stop();
    await (nats as OwnNatsServer | undefined)?.killAndEmpty();
    await (database as OwnDatabase | undefined)?.drop();
  });

  it('relays runs as CloudEvents, small data inline, large data by reference', async () => {
    const bridge = start();
    const traceparent = `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`;
    const run = await writer.createRun(traceparent);
    await run.begin();
    await run.step(1);
    await run.step(2, 70_000);
    await run.complete(3, 2);
    await drained();
    await expectComplete();
    const events = (await stream.all()).filter(({ event }) => event.runid === run.runId);
    const tenant = writer.tenantId.replaceAll('-', '');
    expect(events.map(({ event }) => event.type)).toEqual([
      'run.created.v1', 'run.started.v1', 'run.step-completed.v1', 'run.step-completed.v1', 'run.completed.v1',
    ]);
    expect(events[0]?.subject).toBe(`holdfast.v1.${tenant}.run.${run.runId.replaceAll('-', '')}.created-v1`);
    expect(events[0]?.event).toMatchObject({ specversion: '1.0', id: `${run.runId}:1`, seq: 1, tenantid: writer.tenantId, traceparent });
    expect(events[2]?.event.data).toMatchObject({ step: 1 });
    expect(events[3]?.event.data).toBeUndefined();
    expect(events[3]?.event.dataref).toContain(run.runId);
    expect(await bridge.text('/metrics')).toMatch(/holdfast_relay_published_total 5/);
    expect(await bridge.end('SIGTERM')).toBe(0);
  });

  it('relays event types of a newer release as they are', async () => {
    start();
    const run = await writer.createRun();
    await run.begin();
    await run.unknownEvent(1);
    await run.complete(2, 1);
    await drained();
    const events = (await stream.all()).filter(({ event }) => event.runid === run.runId);
    expect(events.map(({ event }) => event.type)).toEqual(['run.created.v1', 'run.started.v1', 'run.levitated.v9', 'run.completed.v1']);
    expect(events[2]?.subject).toMatch(/\.levitated-v9$/);
  });

  it('wakes by a notice', async () => {
    // With an hour between its own looks only a notice can wake it.
    const relay = new RelayInHand({ database, natsUrl: nats.url, settings: { ...RELAY_DEFAULTS, idleMs: 3_600_000 } });
    await eventually('it has looked and waits', () => relay.looks > 0);
    const notices = new NoticeBus(stream.link);
    for (let i = 0; i < 5; i += 1) {
      const run = await writer.createRun();
      notices.publish(writer.tenantId, run.runId, { seq: 1 });
      await drained();
    }
    notices.close();
    await relay.stop();
  });

  it('killed between publish and mark, holds each event once after the next start', async () => {
    for (const crashAt of [1, 2, 3]) {
      const writing = Promise.all(upTo(12).map(() => writer.wholeRun(8)));
      const crashing = start({ CRASH_AT: String(crashAt) }, 'test/crashing-bridge');
      await writing;
      // The crash point comes only while there are rows to mark.
      while ((await Promise.race([crashing.exit, sleep(200)])) === undefined) await writer.wholeRun(1);
      expect(await crashing.exit).toBe('SIGKILL');
      expect(await waiting()).toBeGreaterThan(0);
    }
    const after = start();
    await drained();
    await expectComplete();
    expect(await after.text('/metrics')).toMatch(/holdfast_relay_repeated_total [1-9]/);
  });

  it('holds each event once when the duplicate window was over before the rows were marked', async () => {
    await Promise.all(upTo(12).map(() => writer.wholeRun(8)));
    const crashing = start({ CRASH_AT: '1' }, 'test/crashing-bridge');
    expect(await crashing.exit).toBe('SIGKILL');
    const left = await waiting();
    await stream.forgetIds();
    const after = start();
    await drained();
    await expectComplete();
    expect(left).toBeGreaterThan(0);
    expect(await after.text('/metrics')).toMatch(/holdfast_relay_repeated_total [1-9]/);
  });

  it('killed at random while runs are written, loses and doubles nothing', async () => {
    let writing = true;
    const work = (async () => {
      while (writing) await Promise.all(upTo(4).map(() => writer.wholeRun(5)));
    })();
    for (let kill = 0; kill < 5; kill += 1) {
      const bridge = start();
      await bridge.url;
      await sleep(200 + 170 * kill);
      await bridge.end('SIGKILL');
    }
    writing = false;
    await work;
    start();
    await drained();
    await expectComplete();
  });

  it('shares the journal between two relays and takes over from a dead one', async () => {
    const [first, second] = [start(), start()];
    await Promise.all([first.url, second.url]);
    await Promise.all(upTo(10).map(() => writer.wholeRun(5)));
    await drained();
    await first.end('SIGKILL');
    await Promise.all(upTo(10).map(() => writer.wholeRun(5)));
    await drained();
    await expectComplete();
  });

  it('waits quietly while NATS is away, is not ready, and drains in order when it comes back', async () => {
    const bridge = start();
    await eventually('ready', async () => (await bridge.status('/readyz')) === 200);
    await nats.kill();
    await eventually('not ready', async () => (await bridge.status('/readyz')) === 503, 5000);
    expect(await bridge.status('/livez')).toBe(200);
    await Promise.all(upTo(10).map(() => writer.wholeRun(5)));
    const cpu = async (): Promise<number> => Number(/^process_cpu_seconds_total (\S+)/m.exec(await bridge.text('/metrics'))?.[1]);
    const before = await cpu();
    await sleep(3000);
    expect((await cpu()) - before).toBeLessThan(0.3);
    expect(await waiting()).toBe(80);
    await nats.up();
    await drained();
    await eventually('ready again', async () => (await bridge.status('/readyz')) === 200, 10_000);
    await expectComplete();
  });

  it('fills a stream again that NATS has lost', async () => {
    const bridge = start();
    await drained();
    await nats.killAndEmpty();
    await nats.up();
    const late = await writer.wholeRun(3);
    await eventually('complete again', async () => bridge.messages.some((message) => message.includes('is complete again')));
    await drained();
    await expectComplete();
    expect((await stream.seqsByRun()).get(late)).toEqual(upTo(6));
    expect(bridge.messages.filter((message) => message.includes('has lost events'))).toHaveLength(1);
  });

  it('fills a stream again whose loss happened while no relay lived', async () => {
    const first = start();
    await drained();
    await first.end('SIGTERM');
    await nats.killAndEmpty();
    await nats.up();
    const second = start();
    await eventually('complete again', async () => second.messages.some((message) => message.includes('is complete again')));
    await expectComplete();
    await second.end('SIGTERM');
    const third = start();
    await eventually('ready', async () => (await third.status('/readyz')) === 200);
    await writer.wholeRun(1);
    await drained();
    expect(third.messages.some((message) => message.includes('has lost events'))).toBe(false);
  });

  it('keeps the highest sequence that two bridges save, until the stream is another or a repair lowers it', async () => {
    const db = createDatabase({ url: database.url('RELAY'), maxConnections: 1, applicationName: 'test-state' });
    const outbox = new OutboxRepository(db);
    const created = new Date('2026-11-23T00:28:22.450Z');
    const save = async (lastSeq: number, repairedFrom?: number, at = created): Promise<number | undefined> => {
      await outbox.saveStreamState({ stream: 'TEST', created: at, lastSeq }, repairedFrom);
      return (await outbox.loadStreamState('TEST'))?.lastSeq;
    };
    try {
      expect(await save(100)).toBe(100);
      expect(await save(90)).toBe(100);
      expect(await save(110)).toBe(110);
      expect(await save(90, 100)).toBe(110); // the other bridge has saved since this repair began
      expect(await save(90, 110)).toBe(90);
      expect(await save(5, undefined, new Date('2026-11-23T09:00:00.000Z'))).toBe(5);
    } finally {
      await db.close();
    }
  });

  it('starts alone and says what it lacks', async () => {
    const bridge = start({ DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/x', NATS_URL: 'nats://127.0.0.1:1' });
    expect(await bridge.status('/livez')).toBe(200);
    const problem = JSON.parse(await bridge.text('/readyz')) as { missing: { name: string }[] };
    expect(problem.missing.map(({ name }) => name).sort()).toEqual(['nats', 'postgresql']);
    expect(await bridge.end('SIGTERM')).toBe(0);
    const misconfigured = AppProcess.start(bundles['src/main'], { HEALTH_PORT: '0', NATS_URL: 'http://x' });
    expect(await misconfigured.exit).toBe(1);
    const text = misconfigured.messages.join('\n');
    expect(text).toContain('DATABASE_URL: is missing');
    expect(text).toContain('NATS_URL: must be a nats:// URL');
  });

  it('ignores what is not its own: another tenant id never reaches a subject of this one', async () => {
    const other = new JournalWriter(database);
    await other.prepare();
    start();
    const runId = await other.wholeRun(1);
    await drained();
    const subjects = (await stream.all()).filter(({ event }) => event.runid === runId).map(({ subject }) => subject);
    expect(subjects.every((subject) => subject.startsWith(`holdfast.v1.${other.tenantId.replaceAll('-', '')}.`))).toBe(true);
    expect(subjects).toHaveLength(4);
    await other.close();
  });
});

