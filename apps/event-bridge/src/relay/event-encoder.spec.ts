import { cloudEventSchema, type JournalRow } from '@holdfast/contracts/events';
import { encodeEvent } from './event-encoder';

const row = (data: unknown): JournalRow => ({
  tenantId: '0198a0b0-0000-7000-8000-000000000001',
  runId: '0198a0b0-0000-7000-8000-000000000002',
  threadId: '0198a0b0-0000-7000-8000-000000000003',
  seq: 4,
  type: 'run.step-completed.v1',
  time: new Date('2026-11-23T00:00:00.000Z'),
  traceparent: null,
  data,
});
const decode = (data: unknown): ReturnType<typeof cloudEventSchema.parse> => cloudEventSchema.parse(JSON.parse(encodeEvent(row(data)).payload));

describe('encodeEvent', () => {
  it('gives an event its id, its subject and its data', () => {
    const encoded = encodeEvent(row({ step: 1 }));
    expect(encoded.id).toBe('0198a0b0-0000-7000-8000-000000000001/0198a0b0-0000-7000-8000-000000000002:4');
    expect(decode({ step: 1 }).id).toBe('0198a0b0-0000-7000-8000-000000000002:4');
    expect(encoded.subject).toBe('holdfast.v1.0198a0b0000070008000000000000001.run.0198a0b0000070008000000000000002.step-completed-v1');
    expect(decode({ step: 1 })).toMatchObject({ data: { step: 1 }, seq: 4, time: '2026-11-23T00:00:00.000Z' });
  });

  it('tells runs of equal id of two tenants apart', () => {
    const other = { ...row({}), tenantId: '0198a0b0-0000-7000-8000-000000000009' };
    expect(encodeEvent(other).id).not.toBe(encodeEvent(row({})).id);
  });

  it.each([
    ['exactly 64 KiB', 65_536, true],
    ['one byte more', 65_537, false],
  ])('carries data of %s: %s bytes inline: %s', (_what, bytes, inline) => {
    const event = decode('x'.repeat(bytes - 2)); // the quotes of the JSON string count
    expect(event.data !== undefined).toBe(inline);
    expect(event.dataref !== undefined).toBe(!inline);
  });

  it('counts bytes, not characters', () => {
    expect(decode('é'.repeat(40_000)).dataref).toBeDefined();
  });
});
