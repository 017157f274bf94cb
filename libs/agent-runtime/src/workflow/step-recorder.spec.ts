import { StepRecorder } from './step-recorder';
import { WorkflowSaver } from './saver';

const FIRST = '2026-11-24T06:00:00.000Z';

/** A recorder with steps that a real loop would finish. */
function recorderOf(run: { takesOver: boolean }) {
  const recorder = new StepRecorder({ runId: 'r', saver: new WorkflowSaver(), stepsBefore: 0, continues: run.takesOver, originRunId: 'r', injected: () => [], ...run });
  let id = 0;
  const finish = (): void => {
    id += 1;
    recorder.settle({ checkpointId: `c${id}`, parentCheckpointId: null, metadata: { source: 'loop', step: id, parents: {} }, next: [], tasks: [] } as never);
  };
  const steps = (): object[] => (recorder as unknown as { events: { data: { step: number; frames: unknown } }[] }).events.map(({ data: { frames: _, ...data } }) => data);
  return { recorder, finish, steps };
}

describe('what a finished step tells of its calls', () => {
  it('is the first token of the execution, once, with the step that it came in', () => {
    const { recorder, finish, steps } = recorderOf({ takesOver: false });
    finish();
    recorder.modelAnswered({});
    recorder.modelAnswered({ firstTokenAt: FIRST });
    recorder.modelAnswered({ firstTokenAt: '2026-11-24T06:00:09.000Z' });
    finish();
    recorder.modelAnswered({ firstTokenAt: '2026-11-24T06:01:00.000Z' });
    finish();
    const plain = { parent_checkpoint_id: expect.anything() };
    expect(steps()).toEqual([
      { step: 1, checkpoint_id: 'c1', parent_checkpoint_id: null },
      { step: 2, checkpoint_id: 'c2', ...plain, first_token_at: FIRST },
      { step: 3, checkpoint_id: 'c3', ...plain },
    ]);
  });

  it('is that something was lost: an execution before, or the process of a model call', () => {
    const { recorder, finish, steps } = recorderOf({ takesOver: true });
    finish();
    finish();
    recorder.modelAnswered({ repeated: true });
    finish();
    expect(steps()).toMatchObject([{ recovered: true }, expect.not.objectContaining({ recovered: true }), { recovered: true }]);
  });

  it('makes no commit by itself', () => {
    const { recorder } = recorderOf({ takesOver: true });
    recorder.modelAnswered({ firstTokenAt: FIRST, repeated: true });
    expect(recorder.isEmpty).toBe(true);
  });
});
