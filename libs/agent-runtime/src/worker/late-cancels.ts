import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** What a workflow answers to an activation; the part that is looked at. */
export interface ActivationAnswer {
  readonly successful?: { readonly commands?: { readonly requestCancelLocalActivity?: { readonly seq?: number | null } | null }[] | null } | null;
}

/** What a workflow is woken with; the part that is looked at. */
export interface Activation {
  readonly jobs?: readonly { readonly initializeWorkflow?: unknown }[] | null;
}

/** The SDK's line to a workflow in its thread. */
interface ThreadedWorkflow {
  readonly runId: string;
  activate(activation: Activation): Promise<ActivationAnswer>;
}

/** What is known of an activity that ends. */
type LocalActivity = Pick<Context, 'cancelled'> & {
  readonly info: Pick<Context['info'], 'isLocal' | 'activityId' | 'attempt' | 'retryPolicy'> & { readonly runId: string };
};

/** Most local activities that are remembered, the latest; a cancel and an answer meet within one activation. */
const MOST_KNOWN = 10_000;

/** Most executions whose cancels are remembered, the latest to cancel. */
const MOST_RUNS_KNOWN = 1_000;

/** Longest that an answer waits for the word that its cancel has arrived, milliseconds. */
const PATIENCE_MS = 2_000;

/**
 * Keeps cancels of local activities and their answers from crossing.
 *
 * Core takes an answer while the workflow is at work on an activation. If that activation's end then cancels the same activity, Core (SDK 1.24.0, the
 * open half of sdk-rust#705) has no transition for it and fails the workflow task with "[TMPRL1100] … Invalid transition in state machine": nondeterminism,
 * by which deployments are judged. So a cancel whose activity has answered is dropped, and the workflow hears the answer next; an answer whose
 * cancel is on its way waits until the activity is told of it, which is when Core knows.
 */
export class LateCancels {
  /** By {@link keyOf}. */
  readonly #answered = new Set<string>();
  /** Ids of activities by their execution. */
  readonly #cancelled = new Map<string, Set<string>>();

  /**
   * To be called before an execution is woken. One that begins, for the first time or again (its workflow task failed, or it had left the cache), counts its
   * activities anew: cancels of the last time are no cancels of those. An attempt that begins says less: its own cancel may be on the way already.
   */
  wakes(runId: string, { jobs }: Activation): void {
    if (jobs?.some(({ initializeWorkflow: begins }) => begins != null) === true) this.#cancelled.delete(runId);
  }

  /** Takes the cancels out of an execution's answer that come too late. */
  filter(runId: string, { successful }: ActivationAnswer): void {
    const commands = successful?.commands ?? [];
    for (let at = commands.length - 1; at >= 0; at -= 1) {
      const seq = commands[at]?.requestCancelLocalActivity?.seq;
      if (seq == null) continue;
      if (this.#answered.has(keyOf(runId, String(seq)))) commands.splice(at, 1);
      else this.#rememberCancel(runId, String(seq));
    }
  }

  /** To be called when an attempt begins. */
  begins({ info: { runId, activityId } }: LocalActivity): void {
    this.#answered.delete(keyOf(runId, activityId));
  }

  /** To be waited for before the answer of an attempt goes out. */
  async ends({ info, cancelled }: LocalActivity, failed: boolean): Promise<void> {
    if (this.#takeCancel(info)) await toldOf(cancelled);
    // One that is going to be repeated can be cancelled in between.
    else if (!failed || info.retryPolicy?.maximumAttempts === info.attempt) remember(this.#answered, keyOf(info.runId, info.activityId));
  }

  /** Watches the local activities of a worker. */
  readonly interceptor: ActivityInterceptorsFactory = (context) => {
    const { info, cancelled } = context;
    const runId = info.workflowExecution?.runId;
    if (!info.isLocal || runId === undefined) return {};
    const activity: LocalActivity = { cancelled, info: { ...info, runId } };
    return {
      inbound: {
        execute: async (input, next) => {
          this.begins(activity);
          let failed = true;
          try {
            const result = await next(input);
            failed = false;
            return result;
          } finally {
            await this.ends(activity, failed);
          }
        },
      },
    };
  };

  #rememberCancel(runId: string, activityId: string): void {
    const own = this.#cancelled.get(runId) ?? new Set();
    remember(own, activityId);
    // Put in again, so that the map stays ordered by the latest to cancel.
    this.#cancelled.delete(runId);
    this.#cancelled.set(runId, own);
    forgetOldest(this.#cancelled, MOST_RUNS_KNOWN);
  }

  /** Whether there was one; it is forgotten. */
  #takeCancel({ runId, activityId }: LocalActivity['info']): boolean {
    const own = this.#cancelled.get(runId);
    const known = own?.delete(activityId) === true;
    if (own?.size === 0) this.#cancelled.delete(runId);
    return known;
  }
}

/** Temporal calls a local activity by the number of its command. */
function keyOf(runId: string, activityId: string): string {
  return `${runId}/${activityId}`;
}

function remember(keys: Set<string>, key: string): void {
  keys.add(key);
  forgetOldest(keys, MOST_KNOWN);
}

function forgetOldest(known: Set<string> | Map<string, unknown>, most: number): void {
  if (known.size > most) known.delete(known.keys().next().value!);
}

async function toldOf(cancelled: Promise<never>): Promise<void> {
  const patience = new AbortController();
  const told = cancelled.catch(() => undefined);
  await Promise.race([told, pause(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
}

const shared = new LateCancels();

/** The workflow proxies that {@link lateCancels} has patched. */
const patched = new WeakSet<object>();

/**
 * Those of this process: an interceptor for its workers' activities. Patches the SDK's line to the workflow threads, once.
 * @throws Error when the SDK has no such line any more
 */
export function lateCancels(): LateCancels {
  const { VMWorkflowThreadProxy } = createRequire(import.meta.url)('@temporalio/worker/lib/workflow/threaded-vm.js') as {
    readonly VMWorkflowThreadProxy?: { readonly prototype: ThreadedWorkflow };
  };
  const prototype = VMWorkflowThreadProxy?.prototype;
  if (typeof prototype?.activate !== 'function') throw new Error('LateCancels: VMWorkflowThreadProxy.activate of @temporalio/worker is gone; review late-cancels.ts');
  if (patched.has(prototype)) return shared;
  patched.add(prototype);
  const { activate } = prototype;
  prototype.activate = async function activateAndFilter(this: ThreadedWorkflow, activation: Activation): Promise<ActivationAnswer> {
    shared.wakes(this.runId, activation);
    const answer = await activate.call(this, activation);
    shared.filter(this.runId, answer);
    return answer;
  };
  return shared;
}
