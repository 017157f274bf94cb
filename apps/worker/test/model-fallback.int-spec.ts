import type { ModelReply, ModelRequest } from '@holdfast/agent-runtime/api';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { BlobsRepository, type Database, ModelCallsRepository } from '@holdfast/persistence';
import { PostgresBlobStore } from '../src/blobs/postgres-blob-store';
import { ListedMessages } from '../src/models/listed-messages';
import { ModelCircuits } from '../src/models/model-circuits';
import { callModel, type ModelParts } from '../src/models/model.activity';
import { ToolCatalogue } from '../src/tools/tool-catalogue';
import { aCall, DevModelProcess, silent, workerDatabase } from './support';

/** Model names that make the development model fail; see its README. */
const DOWN = 'holdfast-dev fail:503';
const FORBIDDEN = 'holdfast-dev fail:401';
const HANGING = 'holdfast-dev slow:20000';
const CUT = 'holdfast-dev cut:once';
const GOOD = 'holdfast-dev';

describe('the fallbacks of a model call, with a real model server and PostgreSQL', () => {
  let devModel: DevModelProcess;
  let database: Database;
  let parts: ModelParts;
  let spoken: TokenChunk[];
  let abandoned: number[];

  beforeAll(async () => {
    devModel = await DevModelProcess.start();
    database = workerDatabase();
  }, 30_000);
  afterAll(async () => {
    await database.close();
    await devModel.stop();
  });
  beforeEach(() => {
    spoken = [];
    abandoned = [];
    parts = {
      gateway: { baseUrl: devModel.baseUrl, apiKey: 'none', model: GOOD },
      limits: { deadlineMs: 20_000, idleMs: 20_000 },
      blobs: new PostgresBlobStore(new BlobsRepository(database)),
      lists: new ListedMessages(new PostgresBlobStore(new BlobsRepository(database))),
      catalogue: new ToolCatalogue({ listTools: () => Promise.reject(new Error('no tools here')) }),
      tokens: { push: (_run, chunk) => void spoken.push(chunk), abandon: (_run, _call, attempt) => void abandoned.push(attempt) },
      circuits: new ModelCircuits({ failures: 2, openMs: 60_000, trialMs: 60_000 }),
      ledger: { calls: new ModelCallsRepository(database), owner: 'fallback-test', log: silent },
    };
  });

  /** Calls of one tenant, each of its own. */
  function aTenant(timeoutMs = 30_000) {
    const { ref, scope } = aCall();
    let made = 0;
    return (models: readonly string[], { callId = `0123456789abcdef-${made++}` } = {}): Promise<ModelReply> => {
      const [model, ...fallbacks] = models as [string, ...string[]];
      const request: ModelRequest = { ref: { ...ref, callId }, messages: [{ type: 'human', content: `Hello ${ref.runId}` }], stream: true, params: { model }, policy: { fallbacks } };
      return callModel(parts, request, { ...scope, timeoutMs });
    };
  }

  it('are asked in order, whatever of the model failed, and the reply says who was passed over', async () => {
    const reply = await aTenant()([DOWN, FORBIDDEN, GOOD]);
    expect(reply).toMatchObject({ model: GOOD, passedOver: [{ model: DOWN, code: 'MODEL_UNAVAILABLE' }, { model: FORBIDDEN, code: 'MODEL_AUTH' }] });
    expect((await aTenant()([GOOD, DOWN])).passedOver).toBeUndefined();
  });

  it('never mix their words with those of the model before', async () => {
    const reply = await aTenant()([CUT, GOOD]);
    const heard = (attempt: number): string => spoken.filter((chunk) => chunk.attempt === attempt).map(({ text }) => text).join('');
    expect([heard(1).length > 0, abandoned]).toEqual([true, [1]]);
    expect([heard(2), reply.message.id]).toEqual([reply.message.content, spoken.at(-1)!.messageId]);
    expect(spoken[0]!.messageId).not.toBe(reply.message.id);
  });

  it('come at once, without a call, while the circuit of the first one is open', async () => {
    const ask = aTenant();
    await ask([DOWN, GOOD]);
    await ask([DOWN, GOOD]);
    const begun = performance.now();
    expect(await ask([DOWN, GOOD])).toMatchObject({ passedOver: [{ model: DOWN, code: 'MODEL_CIRCUIT_OPEN' }] });
    expect(performance.now() - begun).toBeLessThan(2_000);
    await expect(ask([DOWN])).rejects.toMatchObject({ code: 'MODEL_CIRCUIT_OPEN', retryable: true, retryAfterMs: expect.any(Number) });
    expect(await aTenant()([DOWN, GOOD])).toMatchObject({ passedOver: [{ code: 'MODEL_UNAVAILABLE' }] });
  });

  it('are not asked before the Retry-After of a model has passed for others', async () => {
    const ask = aTenant();
    const limited = 'holdfast-dev 429:30';
    expect((await ask([limited, GOOD])).passedOver).toEqual([{ model: limited, code: 'MODEL_RATE_LIMITED' }]);
    expect((await ask([limited, GOOD])).passedOver).toEqual([{ model: limited, code: 'MODEL_CIRCUIT_OPEN' }]);
  });

  it('have their share of the time when a model hangs', async () => {
    const begun = performance.now();
    expect(await aTenant(4_000)([HANGING, GOOD])).toMatchObject({ passedOver: [{ model: HANGING, code: 'MODEL_TIMEOUT' }] });
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  it('fail with what may pass soonest, and name the others', async () => {
    await expect(aTenant()([FORBIDDEN, DOWN])).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE', message: expect.stringContaining(`Asked too: ${FORBIDDEN} MODEL_AUTH.`) });
  });

  it('give the same reply when the call is made again', async () => {
    const ask = aTenant();
    const first = await ask([DOWN, GOOD], { callId: '0123456789abcdef-77' });
    expect(await ask([DOWN, GOOD], { callId: '0123456789abcdef-77' })).toEqual(first);
    expect(first.passedOver).toHaveLength(1);
  });
});
