import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimFile } from '../../bin/file-lock.mjs';
import { identify, isRunning, parseIdentity, type ProcessIdentity } from '../../bin/process-identity.mjs';
import { homeLayout, type HomeLayout } from '../layout.ts';
import { readJson, writeJson } from '../kit/files.ts';
import { choosePorts, isPortFree, parsePortMap, safeRangeEnd, type PortMap } from '../ports.ts';
import { loadSecrets, type Secrets } from '../secrets.ts';
import { PORT_NAMES } from '../servers/stack-context.ts';
import { homeSeed, type Settings } from '../settings.ts';
import { endLeftovers, killAll } from '../supervise/leftovers.ts';
import { STOP_GROUPS } from './start-servers.ts';

/** Thrown when another supervisor owns the home. */
export class HomeInUseError extends Error {
  readonly code = 'STACK_HOME_IN_USE';
  readonly owner: ProcessIdentity;

  constructor(home: string, owner: ProcessIdentity) {
    super(
      `A stack of ${home} already runs (process ${owner.pid}).\n` +
        '  See it with `npm run stack -- status`, end it with `npm run stack -- down`, or set HOLDFAST_HOME for a second one.',
    );
    this.owner = owner;
  }
}

/** A home that belongs to this process now. */
export interface OpenHome {
  readonly layout: HomeLayout;
  readonly ports: PortMap;
  readonly secrets: Secrets;
  /** Names of processes of an earlier supervisor that had to be ended. */
  readonly endedLeftovers: readonly string[];
  /** Lets others see that everything serves. */
  markReady(): void;
  /** Gives the home back. */
  close(): void;
}

/** Takes a home over: marks it as ours, ends what a killed supervisor left, chooses ports. Throws HomeInUseError. */
export async function openHome(settings: Settings): Promise<OpenHome> {
  const layout = homeLayout(settings.home);
  mkdirSync(layout.home, { recursive: true });
  // a home inside a checkout is nobody's source
  if (!existsSync(join(layout.home, '.gitignore'))) writeFileSync(join(layout.home, '.gitignore'), '*\n');
  claim(layout);
  try {
    const endedLeftovers = await endLeftovers(layout.pids, STOP_GROUPS);
    const ports = await choosePorts(PORT_NAMES, parsePortMap(readJson(layout.portsJson)), {
      seed: homeSeed(layout.home),
      rangeEnd: safeRangeEnd(),
      isFree: async (port) => port !== settings.apiPort && (await isPortFree(port)),
    });
    writeJson(layout.portsJson, ports);
    const markReady = (): void => writeJson(layout.supervisorJson, { ...identify(process.pid), ready: true });
    return { layout, ports, secrets: loadSecrets(layout.secretsJson), endedLeftovers, markReady, close: () => release(layout) };
  } catch (error) {
    release(layout);
    throw error;
  }
}

/** The supervisor that owns a home now; undefined when there is none alive. */
export function ownerOf(layout: HomeLayout): ProcessIdentity | undefined {
  const owner = parseIdentity(readJson(layout.supervisorJson));
  return owner !== undefined && isRunning(owner) ? owner : undefined;
}

/** True when the stack of a home has a supervisor and everything in it served. */
export function isReady(layout: HomeLayout): boolean {
  const state = readJson(layout.supervisorJson);
  return typeof state === 'object' && state !== null && (state as { ready?: unknown }).ready === true && ownerOf(layout) !== undefined;
}

/** Gives a home back at once: what this process started in it is killed. Does nothing to a home of somebody else. */
export function abandonHome(layout: HomeLayout): void {
  if (ownerOf(layout)?.pid !== process.pid) return;
  killAll(layout.pids);
  release(layout);
  writeJson(layout.stackJson, []);
}

function claim(layout: HomeLayout): void {
  const owner = claimFile(layout.supervisorJson);
  if (owner !== undefined) throw new HomeInUseError(layout.home, owner);
}

function release(layout: HomeLayout): void {
  if (parseIdentity(readJson(layout.supervisorJson))?.pid === process.pid) rmSync(layout.supervisorJson, { force: true });
}
