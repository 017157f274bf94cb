import { ROLLED_BACK_WITHIN_MS, runDeployChaos } from '../src/deploy';

/** A variable that the runner sets. */
function env(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: this test needs a running stack (npm test -- --only e2e)`);
  return value;
}

describe('a build that does not follow its own histories', () => {
  it('is detected and taken back within a minute, and every run ends well without a hand', async () => {
    const report = await runDeployChaos({
      home: env('HOLDFAST_HOME'),
      url: env('HOLDFAST_URL'),
      apiKey: env('HOLDFAST_API_KEY'),
      runs: 24,
      signal: AbortSignal.timeout(280_000),
      say: (line) => void process.stdout.write(`  ${line}\n`),
    });
    expect(report.ends).toEqual({ success: 24 });
    expect(report.moved).toBeGreaterThan(1);
    expect(report.rolledBackAfterMs).toBeLessThan(ROLLED_BACK_WITHIN_MS);
  }, 300_000);
});
