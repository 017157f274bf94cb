import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeploymentState, rollBack } from '@holdfast/agent-runtime/deployments';
import { buildIdOf } from '@holdfast/agent-runtime/worker';
import { printRehearsal } from './conclusion';
import { CHECKOUT, type Connections } from './connections';
import type { Command } from './options';
import { overviewOf, printOverview } from './overview';
import { rehearse } from './rehearsal';

/** Something that the caller has to change; its message is all that is shown. */
export class RefusedError extends Error {}

/** Does what the command says. Gives the text to show. @throws RefusedError */
export async function execute(command: Command, connections: Connections): Promise<string> {
  const { deployments, builds, temporal } = connections;
  switch (command.kind) {
    case 'show':
      return printOverview(await overviewOf(connections));
    case 'rehearse': {
      const rehearsal = await rehearse(temporal, command.bundle, command.runs);
      if (!rehearsal.isPassed) throw new RefusedError(printRehearsal(rehearsal));
      return printRehearsal(rehearsal);
    }
    case 'ramp': {
      const state = await stateOf(connections);
      const buildId = buildNamed(command.build, state);
      if (command.percent > 0) await builds.reinstate(buildId);
      await deployments.ramp(command.percent === 0 ? undefined : { buildId, percent: command.percent }, state);
      return `build ${buildId.slice(0, 12)} takes ${command.percent} % of the new runs`;
    }
    case 'promote':
      return promote(command, connections);
    case 'rollback': {
      const [state, rows] = [await stateOf(connections), await builds.list()];
      const { withdrawn, current } = await rollBack(deployments, builds, { state, builds: rows }, command.reason);
      return `build ${withdrawn.slice(0, 12)} is taken back; new runs go to ${current.slice(0, 12)}, and open ones are moved there`;
    }
  }
}

async function promote(command: Extract<Command, { kind: 'promote' }>, connections: Connections): Promise<string> {
  const { deployments, builds, temporal } = connections;
  const state = await stateOf(connections);
  const buildId = buildNamed(command.build, state);
  const shown: string[] = [];
  if (!command.force) {
    const bundle = command.bundle ?? (await bundleOf(buildId));
    if (bundle === undefined) throw new RefusedError('the rehearsal needs the bundle of the build: --bundle FILE; or --force to do without one');
    const rehearsal = await rehearse(temporal, bundle, command.runs);
    if (rehearsal.buildId !== buildId) throw new RefusedError(`${bundle} is build ${rehearsal.buildId.slice(0, 12)}, not ${buildId.slice(0, 12)}`);
    shown.push(printRehearsal(rehearsal));
    if (!rehearsal.isPassed) throw new RefusedError(`${shown[0]}\nNot promoted. --force promotes it all the same: open runs stay on their builds.`);
  }
  await builds.reinstate(buildId);
  await deployments.promote(buildId, state);
  return [...shown, `build ${buildId.slice(0, 12)} takes all new runs`].join('\n');
}

async function stateOf({ deployments }: Connections): Promise<DeploymentState> {
  const state = await deployments.describe();
  if (state === undefined) throw new RefusedError('no worker has registered a build yet');
  return state;
}

function buildNamed(beginning: string, { versions }: DeploymentState): string {
  const found = versions.filter(({ buildId }) => buildId.startsWith(beginning));
  if (found.length === 1) return found[0]!.buildId;
  throw new RefusedError(found.length === 0 ? `no build begins with ${beginning}` : `${found.length} builds begin with ${beginning}`);
}

/** The bundle that this checkout built, when it is the one. */
async function bundleOf(buildId: string): Promise<string | undefined> {
  const file = join(CHECKOUT, 'apps/worker/dist/workflows.cjs');
  return existsSync(file) && buildIdOf(await readFile(file, 'utf8')) === buildId ? file : undefined;
}
