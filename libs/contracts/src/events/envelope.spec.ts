import { EVENT_CATALOGUE, cloudEventSchema, toCloudEvent, type EventType } from './index';

const row = {
  tenantId: '0198f1c0-0000-7000-8000-00000000000a',
  runId: '0198f1c0-0000-7000-8000-00000000000b',
  threadId: '0198f1c0-0000-7000-8000-00000000000c',
  seq: 3,
  type: 'run.completed.v1' as EventType,
  time: new Date('2026-11-22T10:00:00Z'),
  traceparent: null,
  data: { steps: 4 },
};

it('makes a CloudEvents 1.0 envelope whose id never changes', () => {
  const event = cloudEventSchema.parse(toCloudEvent(row, true));
  expect(event).toMatchObject({ specversion: '1.0', id: `${row.runId}:3`, subject: `run/${row.runId}`, seq: 3, data: { steps: 4 } });
  expect(event).not.toHaveProperty('traceparent');
  expect(toCloudEvent(row, true)).toEqual(toCloudEvent(row, true));
});

it('points at the data when it is too large to travel', () => {
  const event = toCloudEvent(row, false);
  expect(event).not.toHaveProperty('data');
  expect(event.dataref).toContain(row.runId);
});

it('names the approval that an event is of', () => {
  const approval = { ...row, type: 'approval.requested.v1', data: {} };
  expect(toCloudEvent(approval, true).subject).toBe(`approval/${row.runId}`);
  expect(toCloudEvent(approval, false).dataref).toBe(`/approvals/${row.runId}`);
});

it('tells late outcomes apart from the run that they are of', () => {
  expect(toCloudEvent({ ...row, type: 'tool.outcome-revealed.v1', data: {} }, true).subject).toBe(`outcomes/${row.runId}`);
});

it('has extension names that CloudEvents allows', () => {
  for (const name of Object.keys(toCloudEvent({ ...row, traceparent: '00-x' }, true))) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
});

it('versions every type in the past tense', () => {
  for (const type of Object.keys(EVENT_CATALOGUE)) expect(type).toMatch(/^[a-z]+\.[a-z-]*ed\.v\d+$/);
});
