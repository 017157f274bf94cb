import { randomUUID } from 'node:crypto';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { eventually, OwnNatsServer } from '@holdfast/testing';
import { subjectFor } from '@holdfast/contracts/nats';
import { toCloudEvent } from '@holdfast/contracts/events';
import { EventBusAdmin } from '../src/streams/event-bus-admin';
import { EVENTS_STREAM, TOKENS_STREAM } from '../src/streams/stream-config';
import { EventPublisher, type OutgoingEvent } from '../src/events/event-publisher';
import { EventReader } from '../src/events/event-reader';
import type { NatsLink } from '../src/connection/nats-link';
import { closeLinks, link } from './links';

const tenantId = randomUUID();
const forever = new AbortController().signal;

function fact(runId: string, seq: number): OutgoingEvent {
  const row = { tenantId, runId, threadId: runId, seq, type: 'run.completed.v1' as const, time: new Date(), traceparent: null, data: { steps: seq } };
  const event = toCloudEvent(row, true);
  return { id: event.id, subject: subjectFor(row), payload: JSON.stringify(event) };
}

function facts(runId: string, from: number, to: number): OutgoingEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => fact(runId, from + index));
}

describe('events on a NATS server of our own', () => {
  let server: OwnNatsServer;
  let nats: NatsLink;
  let admin: EventBusAdmin;
  let publisher: EventPublisher;
  let reader: EventReader;
  const idsOf = async (runId: string): Promise<string[]> => {
    const ids: string[] = [];
    const subject = subjectFor({ tenantId, runId, type: 'run.completed.v1' });
    for await (const { event } of reader.read({ subject }, forever)) ids.push(event.id);
    return ids;
  };

  beforeAll(async () => {
    server = await OwnNatsServer.start();
    nats = link(server.url);
    admin = new EventBusAdmin(nats);
    publisher = new EventPublisher(nats, { ackTimeoutMs: 3000 });
    reader = new EventReader(nats);
    await admin.ensureStreams(forever);
  });
  afterAll(async () => {
    await closeLinks();
    await server.killAndEmpty();
  });

  it('makes the streams once and repairs drift', async () => {
    expect((await admin.ensureStreams(forever)).action).toBe('unchanged');
    const connection = await connect({ servers: server.url });
    const manager = await jetstreamManager(connection);
    const { config } = await manager.streams.info(EVENTS_STREAM.name);
    expect(config).toMatchObject(EVENTS_STREAM);
    expect((await manager.streams.info(TOKENS_STREAM.name)).config).toMatchObject(TOKENS_STREAM);
    await manager.streams.update(EVENTS_STREAM.name, { ...config, duplicate_window: 1_000_000_000 });
    expect((await admin.ensureStreams(forever)).action).toBe('updated');
    expect((await manager.streams.info(EVENTS_STREAM.name)).config).toMatchObject(EVENTS_STREAM);
    await connection.close();
  });

  it('stores events once and in order, in batches, alone, and repeated', async () => {
    const runId = randomUUID();
    await publisher.publish(facts(runId, 1, 450));
    await publisher.publish([fact(runId, 451)]);
    // A repeat that overlaps: what a relay does that died before it marked its rows.
    const receipt = await publisher.publish(facts(runId, 440, 460));
    expect(receipt.duplicates).toBe(12);
    expect(await idsOf(runId)).toEqual(facts(runId, 1, 460).map(({ id }) => id));
    expect(receipt.lastSeq).toBe((await admin.ensureStreams(forever)).lastSeq);
  });

  it('knows the newest event of a run', async () => {
    const [runId, other] = [randomUUID(), randomUUID()];
    const newestOf = (run: string): ReturnType<EventReader['readLast']> => reader.readLast(subjectFor({ tenantId, runId: run, type: '>' }), forever);
    expect(await newestOf(runId)).toBeUndefined();
    await publisher.publish(facts(runId, 1, 12));
    await publisher.publish([{ ...fact(runId, 13), subject: subjectFor({ tenantId, runId, type: 'run.levitated.v9' }) }]);
    await publisher.publish(facts(other, 1, 3));
    expect(await newestOf(runId)).toMatchObject({ messageId: `${runId}:13`, subject: subjectFor({ tenantId, runId, type: 'run.levitated.v9' }) });
    expect(await newestOf(other)).toMatchObject({ messageId: `${other}:3` });
    await expect(new EventReader(nats, 'NO_SUCH_STREAM').readLast('holdfast.v1.>', forever)).rejects.toMatchObject({ code: 'STREAM_MISSING' });
  });

  it('keeps the order of each caller when many publish at once', async () => {
    const runs = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(
      runs.map(async (runId) => {
        for (let seq = 1; seq <= 30; seq += 3) await publisher.publish(facts(runId, seq, seq + 2));
      }),
    );
    for (const runId of runs) expect(await idsOf(runId)).toEqual(facts(runId, 1, 30).map(({ id }) => id));
  });

  it('refuses an event that the stream does not take, with a reason', async () => {
    const huge = { ...fact(randomUUID(), 1), payload: 'x'.repeat(300 * 1024) };
    await expect(publisher.publish([huge])).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('fails at once when the connection is lost, and publishes on after kill -9 with nothing lost or doubled', async () => {
    const runId = randomUUID();
    let acked = 0;
    let failures = 0;
    const done = (async () => {
      while (acked < 600) {
        const next = facts(runId, acked + 1, acked + 20);
        try {
          await publisher.publish(next);
          acked += 20;
        } catch (error) {
          expect(['NATS_AWAY', 'ACK_TIMEOUT', 'REFUSED']).toContain((error as { code: string }).code);
          failures += 1;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    })();
    await eventually('some are stored', () => acked >= 100);
    await server.kill();
    await eventually('the loss is noticed', () => !nats.isUp, 2000);
    await expect(publisher.publish([fact(runId, 9999)])).rejects.toMatchObject({ code: 'NATS_AWAY' });
    await expect(nats.check()).rejects.toThrow();
    await server.up();
    await done;
    expect(failures).toBeGreaterThan(0);
    expect(await idsOf(runId)).toEqual(facts(runId, 1, 600).map(({ id }) => id));
    await nats.check();
  });
});
