import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { cronScheduleId } from '../src/api';
import { CronSchedules, MAX_BACKFILL } from '../src/client';

let connection: Connection;
let client: Client;
let schedules: CronSchedules;
const made: { tenantId: string; cronId: string }[] = [];

beforeAll(async () => {
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = process.env;
  if (!TEMPORAL_ADDRESS || !TEMPORAL_NAMESPACE) throw new Error('TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name the server to test on');
  connection = await Connection.connect({ address: TEMPORAL_ADDRESS });
  client = new Client({ connection, namespace: TEMPORAL_NAMESPACE });
  schedules = new CronSchedules(client);
});
afterAll(async () => {
  for (const id of made) await schedules.delete(id);
  await connection.close();
});

async function put(schedule: string) {
  const id = { tenantId: randomUUID(), cronId: randomUUID() };
  made.push(id);
  await schedules.put({ ...id, schedule, timezone: null, endTime: null, paused: false });
  return id;
}

describe('the schedule of a cron', () => {
  it('starts its workflows under the fairness key of its tenant, changed or not', async () => {
    const id = await put('0 6 * * *');
    const priorityOf = async () => (await client.schedule.getHandle(cronScheduleId(id.tenantId, id.cronId)).describe()).action.priority;
    expect(await priorityOf()).toMatchObject({ fairnessKey: id.tenantId });
    await schedules.put({ ...id, schedule: '0 7 * * *', timezone: null, endTime: null, paused: false });
    expect(await priorityOf()).toMatchObject({ fairnessKey: id.tenantId });
  });

  it('is backfilled a bounded number of moments at once', async () => {
    const id = await put('0 * * * *');
    const start = new Date('2026-01-01T00:30:00Z');
    const after = (hours: number): Date => new Date(start.getTime() + hours * 3_600_000);
    await expect(schedules.backfill(id, start, after(MAX_BACKFILL + 1))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', fields: [{ path: 'end_time' }] });
    await schedules.backfill(id, start, after(2));
  });

  it('fires no more when it is paused; one that is gone is fine', async () => {
    const id = await put('0 6 * * *');
    expect((await schedules.next(id)).length).toBeGreaterThan(0);
    await schedules.pause(id);
    expect(await schedules.next(id)).toEqual([]);
    await schedules.delete(id);
    await schedules.pause(id);
  });
});
