import { randomUUID } from 'node:crypto';
import { eventually, OwnNatsServer } from '@holdfast/testing';
import { NoticeBus } from '../src/notices/notice-bus';
import type { Notice } from '../src/notices/notice';
import type { NatsLink } from '../src/connection/nats-link';
import { closeLinks, link } from './links';

describe('notices on a NATS server of our own', () => {
  let server: OwnNatsServer;
  let worker: NatsLink;
  let gateway: NatsLink;

  beforeAll(async () => {
    server = await OwnNatsServer.start();
    worker = link(server.url);
    gateway = link(server.url);
  });
  afterAll(async () => {
    await closeLinks();
    await server.killAndEmpty();
  });

  it('reach the listeners of exactly their run, and those of all runs', async () => {
    const [sender, receiver] = [new NoticeBus(worker), new NoticeBus(gateway)];
    await eventually('up', () => worker.isUp && gateway.isUp);
    const [tenantId, runA, runB] = [randomUUID(), randomUUID(), randomUUID()];
    const heard: Record<string, (Notice | undefined)[]> = { a: [], a2: [], all: [] };
    const stopA = receiver.subscribe(tenantId, runA, (notice) => heard['a']?.push(notice));
    receiver.subscribe(tenantId, runA, (notice) => heard['a2']?.push(notice));
    receiver.subscribeAll((notice) => heard['all']?.push(notice));
    await gateway.connection?.flush();
    sender.publish(tenantId, runA, { seq: 1, status: 'running' });
    sender.publish(tenantId, runB, { seq: 7 });
    await eventually('both notices', () => heard['all']?.length === 2);
    expect(heard).toEqual({ a: [{ seq: 1, status: 'running' }], a2: [{ seq: 1, status: 'running' }], all: [{ seq: 1, status: 'running' }, { seq: 7 }] });
    stopA();
    sender.publish(tenantId, runA, { seq: 2 });
    await eventually('second listener', () => heard['a2']?.length === 2);
    expect(heard['a']).toHaveLength(1);
    sender.close();
    receiver.close();
  });

  it('wake their listeners after an outage and never throw during one', async () => {
    const bus = new NoticeBus(gateway);
    const heard: (Notice | undefined)[] = [];
    const [tenantId, runId] = [randomUUID(), randomUUID()];
    bus.subscribe(tenantId, runId, (notice) => heard.push(notice));
    await server.kill();
    await eventually('down', () => !gateway.isUp);
    expect(() => bus.publish(tenantId, runId, { seq: 1 })).not.toThrow();
    await server.up();
    await eventually('woken', () => heard.includes(undefined));
    heard.length = 0;
    bus.publish(tenantId, runId, { seq: 2 });
    await eventually('heard again', () => heard.length === 1);
    expect(heard).toEqual([{ seq: 2 }]);
    bus.close();
  });
});
