import { WriteToolServer } from '@holdfast/testing';
import { EFFECT_CLASSES } from '@holdfast/contracts/tools';
import { RecordingServer } from './fixtures';
import { RouterUnderTest } from './router-under-test';

/** The catalogue of the ledger's tests: tools that count, one for each effect class, and tools that behave as they are told. */
export function ledgerCatalogue(writeUrl: string, recordingUrl?: string): object {
  const http = { isolation: 'shared', timeoutMs: 20_000, concurrency: { calls: 200, queue: 200 }, breaker: { failures: 1_000, openMs: 10 } };
  const recording = {
    ...http,
    transport: { kind: 'streamable-http', url: recordingUrl },
    tools: { read: { effect: 'read', timeoutMs: 1_000 }, pay: { effect: 'irreversible', timeoutMs: 1_000 }, kept: { effect: 'read', cache: { ttlSeconds: 60 } } },
  };
  return {
    servers: {
      write: { ...http, transport: { kind: 'streamable-http', url: writeUrl }, tools: Object.fromEntries(EFFECT_CLASSES.map((effect) => [effect, { effect }])) },
      ...(recordingUrl === undefined ? {} : { recording }),
    },
    grants: [{ effect: 'allow', roles: ['developer'], tools: ['*'] }],
  };
}

/** Two routers with one ledger, before tool servers that count. */
export class TwoRouters {
  private constructor(
    readonly one: RouterUnderTest,
    readonly other: RouterUnderTest,
    readonly write: WriteToolServer,
    readonly recording: RecordingServer,
  ) {}

  static async start(): Promise<TwoRouters> {
    const [write, recording] = await Promise.all([WriteToolServer.start(), RecordingServer.start()]);
    const catalogue = ledgerCatalogue(write.url, recording.url);
    return new TwoRouters(await RouterUnderTest.start(catalogue), await RouterUnderTest.start(catalogue), write, recording);
  }

  async stop(): Promise<void> {
    await this.one.stop();
    await this.other.stop();
    await this.write.stop();
    this.recording.close();
  }
}
