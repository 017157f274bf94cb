import { HoldfastError } from '@holdfast/contracts/errors';
import { type LoadThreadReply, savedLists } from '../api';
import type { RegisteredGraph } from '../graph/registry';
import { type GraphMigration, migrationPath } from '../graph/graph-migration';
import { withoutFailures } from './failed-tasks';
import { migrateDump } from './migrate-dump';
import type { Part } from './message-lists';
import { type RenamedTasks, keepTaskIds } from './sandbox/renamed-tasks';
import { type SavedForm, type SavedRun, unpackSaved } from './saved-state';
import { WorkflowSaver } from './saver';

/** A state that this build can go on with. */
export interface LoadedState {
  readonly saver: WorkflowSaver;
  readonly run: SavedRun;
  /** For the states that are stored from now on. */
  readonly form: SavedForm;
}

/** The state was made by a later version of the graph: this build was current again after a roll-back, say. It must wait for another build. */
export class StateIsNewerError extends Error {}

/**
 * Loads a state, and migrates it when an older version of the graph made it. Tasks keep their ids in this workflow from then on. What failed in
 * another run is executed again.
 * @param of whose state it is, as {@link unpackSaved} needs it; `kept`: its parts that came without their texts
 * @throws StateIsNewerError; HoldfastError STATE_NOT_MIGRATED when no migration leads to this version; TypeError for a text of another form
 */
export async function loadState(
  graphId: string,
  { version, migrations, loadsAnyState }: Pick<RegisteredGraph, 'version' | 'migrations' | 'loadsAnyState'>,
  { saved, lists = {} }: Pick<LoadThreadReply, 'saved' | 'lists'>,
  of: { readonly runId: string; readonly goesOn: boolean; readonly kept?: ReadonlyMap<string, Part> },
): Promise<LoadedState> {
  const lost = savedLists(saved).find((hash) => !Object.hasOwn(lists, hash) && of.kept?.has(hash) !== true);
  if (lost !== undefined) throw new Error(`a state came without its part ${lost}`);
  const { dump, run, form, isOfAnother } = unpackSaved(saved, of.runId, of.goesOn);
  // Another graph's state on the same thread has no version of ours; builds that knew no migrations did not tell it.
  const path = loadsAnyState || form === undefined || form.graphId !== graphId ? [] : pathOf(graphId, form.version, version, migrations);
  let renamed: RenamedTasks = form?.renamed ?? {};
  const saver = await WorkflowSaver.load(dump, (state) => {
    let migrated = state;
    for (const migration of path) ({ dump: migrated, renamed } = migrateDump(migrated, migration, renamed));
    return isOfAnother === true ? withoutFailures(migrated) : migrated;
  }, lists, of.kept);
  keepTaskIds(renamed);
  return { saver, run, form: { graphId, version, ...(Object.keys(renamed).length === 0 ? {} : { renamed }) } };
}

function pathOf(graphId: string, from: string, to: string, migrations: readonly GraphMigration[]): readonly GraphMigration[] {
  const path = migrationPath(from, to, migrations);
  if (path === 'newer') throw new StateIsNewerError(`the state was made by ${graphId} ${from}, this build has ${to}`);
  if (path === 'none') throw new HoldfastError('STATE_NOT_MIGRATED', `no migration of ${graphId} leads from version ${from} of the thread's state to ${to}`);
  return path;
}
