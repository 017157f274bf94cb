import {
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  log,
  makeContinueAsNewFunc,
  setHandler,
  setWorkflowOptions,
} from '@temporalio/workflow';
import {
  type CancelRunAnswer,
  type CancelRunCommand,
  type EditStateAnswer,
  type EditStateCommand,
  type InjectInputAnswer,
  type InjectInputCommand,
  type PauseAnswer,
  type PauseRunCommand,
  type ResumeRunCommand,
  type RunDelivery,
  type ThreadInput,
  ThreadSignal,
  ThreadUpdate,
  RUN_FENCED,
} from '../api';
import { beginRun, runtimeActivities } from './activities';
import { codeOf, toUpdateFailure } from './failure';
import { KeptState } from './kept-state';
import { linger } from './linger';
import { editState } from './state-edit';
import { ThreadInbox } from './thread-inbox';
import { Turn, cancelledBy } from './turn';
import { requireCancelRun, requireDelivery, requireEditState, requireInjectInput, requirePauseRun } from './update-validators';

const enqueueRun = defineUpdate<'accepted', [RunDelivery]>(ThreadUpdate.enqueueRun);
const cancelRun = defineUpdate<CancelRunAnswer, [CancelRunCommand]>(ThreadUpdate.cancelRun);
const injectInput = defineUpdate<InjectInputAnswer, [InjectInputCommand]>(ThreadUpdate.injectInput);
const pauseRun = defineUpdate<PauseAnswer, [PauseRunCommand]>(ThreadUpdate.pauseRun);
const resumeRun = defineUpdate<PauseAnswer, [ResumeRunCommand]>(ThreadUpdate.resumeRun);
const editStateUpdate = defineUpdate<EditStateAnswer, [EditStateCommand]>(ThreadUpdate.editState);

const drainSignal = defineSignal(ThreadSignal.drain);

/**
 * The workflow of one thread: drives its runs one after the other and edits its state in between. It lives as long as there is
 * something to do; the thread's checkpoint in PostgreSQL is where the next one begins. A failed run is a result, not a failure of
 * the workflow.
 */
export async function agentThreadV1(input: ThreadInput): Promise<void> {
  const inbox = new ThreadInbox(input.runs);
  serveUpdates(inbox);
  CancellationScope.current().cancelRequested.catch(() => inbox.cancelAll('the workflow was cancelled'));
  const carried = await CancellationScope.nonCancellable(() => serveThread(input, inbox));
  if (carried === undefined) return;
  const next: ThreadInput = { ...input, runs: carried };
  // A run that only grew long stays on its build, which can load its state.
  if (inbox.isDraining) await makeContinueAsNewFunc<typeof agentThreadV1>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(next);
  else await continueAsNew<typeof agentThreadV1>(next);
}

// Only a defect of this shell could throw here: better a failed workflow that shows it than a task that is repeated for ever.
setWorkflowOptions({ failureExceptionTypes: [Error] }, agentThreadV1);

/** Handlers only put things into the inbox; what waits for an answer gets one when the run that it is about ends, at the latest. */
function serveUpdates(inbox: ThreadInbox): void {
  setHandler(drainSignal, () => inbox.drain());
  setHandler(enqueueRun, (delivery) => inbox.enqueue(delivery), { validator: requireDelivery });
  setHandler(cancelRun, (command) => inbox.cancel(command), { validator: requireCancelRun });
  setHandler(editStateUpdate, (command) => answered(inbox.edit(command)), { validator: requireEditState });
  setHandler(injectInput, (command) => answered(inbox.ask(command, (run, asked) => run.inject(asked))), { validator: requireInjectInput });
  setHandler(pauseRun, (command) => answered(inbox.ask(command, (run, asked) => run.pause(asked))), { validator: requirePauseRun });
  setHandler(resumeRun, (command) => answered(inbox.ask(command, (run, asked) => run.resume(asked))), { validator: requirePauseRun });
}

async function answered<A>(answer: Promise<A>): Promise<A> {
  try {
    return await answer;
  } catch (error) {
    throw toUpdateFailure(error);
  }
}

/** @returns the runs that the next execution goes on with, undefined when the thread has nothing left to do */
async function serveThread(thread: ThreadInput, inbox: ThreadInbox): Promise<readonly RunDelivery[] | undefined> {
  void writeCancelled(thread, inbox);
  const kept = new KeptState();
  // Started without a run, the execution has its work in an Update that came along; one that a validator refused never arrives.
  if (thread.runs.length === 0) await condition(() => inbox.hasWork, '10 seconds');
  for (;;) {
    const carried = await driveRuns(thread, inbox, kept);
    if (carried !== undefined) {
      inbox.refuseEdits();
      await condition(() => isQuiet(inbox));
      return [carried, ...inbox.waiting];
    }
    await condition(() => inbox.hasWork || isQuiet(inbox));
    if (!inbox.hasWork) await linger(inbox);
    if (!inbox.hasWork) return undefined;
  }
}

function isQuiet(inbox: ThreadInbox): boolean {
  return inbox.nextCancelled === undefined && allHandlersFinished();
}

/** Drives what is in the inbox, edits first; returns a run that must go on in a new execution. */
async function driveRuns(thread: ThreadInput, inbox: ThreadInbox, kept: KeptState): Promise<RunDelivery | undefined> {
  for (;;) {
    for (let edit = inbox.takeEdit(); edit !== undefined; edit = inbox.takeEdit()) {
      await editState({ tenantId: thread.tenantId, threadId: thread.threadId }, edit.command).then(edit.resolve, edit.reject);
    }
    const delivery = inbox.takeRun();
    if (delivery === undefined) return undefined;
    const turn = new Turn(thread, delivery, kept);
    inbox.setActive(turn);
    const outcome = await turn.drive();
    inbox.setActive(undefined);
    if (outcome.kind === 'carried') return outcome.delivery;
    inbox.lingerFor(turn.mayLinger ? (delivery.lingerMs ?? 0) : 0);
    if (outcome.kind === 'after') {
      inbox.putFirst([...outcome.runs, delivery]);
      // A run that is being cancelled still waits in the journal until that is written: without this we would ask again and again.
      await condition(() => inbox.nextCancelled === undefined);
    }
  }
}

/** Goes on beside the active run, because a cancelled one in the queue must not wait for it; ends with the workflow. */
async function writeCancelled(thread: ThreadInput, inbox: ThreadInbox): Promise<void> {
  for (;;) {
    await condition(() => inbox.nextCancelled !== undefined);
    const { delivery, command } = inbox.nextCancelled!;
    await writeCancellation(thread, delivery, command);
    inbox.cancelledIsWritten();
  }
}

/** `beginRun` first: the journal takes a run's end from the workflow that it runs in, and knows its last commit. */
async function writeCancellation(thread: ThreadInput, delivery: RunDelivery, command: CancelRunCommand): Promise<void> {
  const { runId, traceparent } = delivery;
  const ref = { tenantId: thread.tenantId, threadId: thread.threadId, runId, ...(traceparent === undefined ? {} : { traceparent }) };
  try {
    const begin = await beginRun(ref);
    if (begin.kind === 'skip') return;
    await runtimeActivities.commitProgress({ ...ref, commit: begin.lastCommit + 1, events: [], checkpoints: [], end: cancelledBy(command) });
  } catch (error) {
    // The run was ended by somebody else, or its row refuses the end for good: neither may hold up the thread.
    if (codeOf(error) !== RUN_FENCED) log.error('the end of a cancelled run could not be written', { runId, error });
  }
}
