import { HoldfastError } from '@holdfast/contracts/errors';
import type { ProgressBatch, RunEnd } from '../api';
import { JournalPump } from './journal-pump';
import type { Recorded } from './step-recorder';

const ref = { tenantId: 't', threadId: 'th', runId: 'r' };
const event = (step: number) => ({ type: 'run.step-completed.v1' as const, data: { step, checkpoint_id: null, parent_checkpoint_id: null, frames: [] } });

/** Lets a test say when an activation is over and when a commit is done. */
class Stage {
  readonly batches: ProgressBatch[] = [];
  readonly recorder = {
    pending: [] as ReturnType<typeof event>[],
    steps: 3,
    refusal: undefined as HoldfastError | undefined,
    get isEmpty() {
      return this.pending.length === 0;
    },
    async take(): Promise<Recorded> {
      const events = this.pending.splice(0);
      return { events, checkpoints: [], texts: [], ...(this.refusal === undefined ? {} : { refusal: this.refusal }) };
    },
  };
  private waiting: (() => void)[] = [];
  private commits: ((error?: Error) => void)[] = [];
  readonly pump = new JournalPump({
    ref,
    lastCommit: 7,
    recorder: this.recorder,
    quiet: (predicate) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (predicate()) resolve();
          else this.waiting.push(check);
        };
        this.waiting.push(check);
      }),
    commit: (batch) => {
      this.batches.push(batch);
      return new Promise((resolve, reject) => this.commits.push((error) => (error === undefined ? resolve() : reject(error))));
    },
  });

  async endActivation(): Promise<void> {
    for (const check of this.waiting.splice(0)) check();
    await new Promise((resolve) => setTimeout(resolve));
  }

  async finishCommit(error?: Error): Promise<void> {
    this.commits.shift()?.(error);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

describe('JournalPump', () => {
  it('writes once per activation, one commit after the other, numbered on', async () => {
    const stage = new Stage();
    const done = stage.pump.run();
    stage.recorder.pending.push(event(1), event(2));
    await stage.endActivation();
    expect(stage.batches).toEqual([{ ...ref, commit: 8, events: [event(1), event(2)], checkpoints: [] }]);
    stage.recorder.pending.push(event(3));
    await stage.endActivation();
    expect(stage.batches).toHaveLength(1);
    await stage.finishCommit();
    await stage.endActivation();
    expect(stage.batches[1]).toMatchObject({ commit: 9, events: [event(3)] });
    stage.pump.close();
    await stage.finishCommit();
    await stage.endActivation();
    await done;
    expect([stage.batches.length, stage.pump.commits]).toEqual([2, 9]);
  });

  it('sends the end with what is left, and nothing after it', async () => {
    const stage = new Stage();
    const end: RunEnd = { status: 'success', steps: 1 };
    const done = stage.pump.run();
    stage.recorder.pending.push(event(1));
    stage.pump.close(end);
    stage.pump.close({ status: 'error', steps: 0 });
    await stage.endActivation();
    await stage.finishCommit();
    await done;
    expect(stage.batches).toEqual([{ ...ref, commit: 8, events: [event(1)], checkpoints: [], end }]);
  });

  it('sends an end alone when nothing is left', async () => {
    const stage = new Stage();
    const done = stage.pump.run();
    stage.pump.close({ status: 'cancelled', steps: 0, reason: 'x' });
    await stage.endActivation();
    await stage.finishCommit();
    await done;
    expect(stage.batches).toMatchObject([{ commit: 8, events: [], end: { status: 'cancelled' } }]);
  });

  it('fails when a commit fails for good, without counting it', async () => {
    const stage = new Stage();
    const done = stage.pump.run();
    const failed = expect(done).rejects.toThrow('fenced');
    stage.recorder.pending.push(event(1));
    await stage.endActivation();
    await stage.finishCommit(new Error('fenced'));
    await failed;
    expect(stage.pump.commits).toBe(7);
  });

  it.each([
    [{ status: 'interrupted', steps: 2 } as const, { status: 'error', steps: 2, error: { code: 'STATE_TOO_LARGE' } }],
    [undefined, { status: 'error', steps: 3, error: { code: 'STATE_TOO_LARGE' } }],
    [{ status: 'cancelled', steps: 2, reason: 'x' } as const, { status: 'cancelled', steps: 2, reason: 'x' }],
  ])('does not end as %j with a state that is not stored', async (end, written) => {
    const stage = new Stage();
    const done = stage.pump.run();
    stage.recorder.refusal = new HoldfastError('STATE_TOO_LARGE', 'too large');
    stage.pump.close(end);
    await stage.endActivation();
    expect(stage.batches[0]?.end).toMatchObject(written);
    await stage.finishCommit();
    await done;
  });
});
