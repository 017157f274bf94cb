import { join } from 'node:path';
import { CHECKOUT } from '@holdfast/testing';
import { runRunsChaos } from '../src/runs';

/**
 * The short form of `npm run chaos -- runs`; always one seed, so that a failure can be met again, and one that kills every app and server that matters
 * early. On a slow machine kills would take all there is: they stop.
 */
const OPTIONS = { executions: 60, atOnce: 30, seed: 20270617, killEveryMs: 2_000, killForSeconds: 60, limitSeconds: 300 };

describe('runs of mixed patterns while processes are killed', () => {
  it('are neither lost nor do anything twice in silence', async () => {
    const say = (line: string): void => void process.stdout.write(`  ${line}\n`);
    const { verdict, kills, recovery, stops, crons } = await runRunsChaos(OPTIONS, join(CHECKOUT, '.holdfast-test/chaos'), AbortSignal.timeout(480_000), say);
    say(`kills ${JSON.stringify(kills)}, recovery p99 ${recovery.p99} ms, ${JSON.stringify(verdict)}, stops ${JSON.stringify(stops)}, crons ${JSON.stringify(crons)}`);
    expect(verdict.faults).toEqual([]);
    expect(Object.values(kills).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(3);
    expect(stops.ended).toMatchObject({ elapsed: expect.any(Number), event: expect.any(Number), decision: expect.any(Number) });
    expect(crons.moments).toBeGreaterThan(5);
    expect(verdict.tools.calls).toBeGreaterThan(50);
    expect(verdict.models.calls).toBeGreaterThan(50);
  }, 540_000);
});
