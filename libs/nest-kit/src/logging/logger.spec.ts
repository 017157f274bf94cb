import { createLogger } from './logger';
import { addLogContext, runWithLogContext } from './log-context';
import { runWithTraceparent } from '../tracing/tracing';

function capture(): { lines: Record<string, unknown>[]; logger: ReturnType<typeof createLogger> } {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { lines, logger: createLogger({ name: 'test', destination }) };
}

describe('createLogger', () => {
  it('removes secrets at the depths where they occur', () => {
    const { lines, logger } = capture();
    logger.info({ password: 'p1', headers: { authorization: 'p2', 'x-api-key': 'p3' }, req: { headers: { cookie: 'p4' } }, name: 'kept' }, 'hello');
    const text = JSON.stringify(lines);
    for (const secret of ['p1', 'p2', 'p3', 'p4']) expect(text).not.toContain(`"${secret}"`);
    expect(lines[0]).toMatchObject({ app: 'test', level: 'info', name: 'kept', password: '[redacted]' });
  });

  it('adds what surrounds the line, across awaits, inner over outer', async () => {
    const { lines, logger } = capture();
    await runWithLogContext({ request_id: 'r', tenant_id: 't' }, async () => {
      await Promise.resolve();
      addLogContext({ thread_id: 'th' });
      await runWithTraceparent(`00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`, () =>
        runWithLogContext({ run_id: 'x' }, async () => {
          await Promise.resolve();
          logger.info('inner');
        }),
      );
      logger.info('outer');
    });
    logger.info('outside');
    expect(lines[0]).toMatchObject({ request_id: 'r', tenant_id: 't', thread_id: 'th', run_id: 'x', trace_id: 'ab'.repeat(16) });
    expect(lines[1]).toMatchObject({ request_id: 'r', thread_id: 'th' });
    expect(lines[1]).not.toHaveProperty('run_id');
    expect(lines[2]).not.toHaveProperty('request_id');
  });
});
