// Node built-ins only, and nothing newer than Node 20: the bootstrap uses it before anything is installed.
import { readFileSync } from 'node:fs';

let knownBootId;

function bootId() {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return knownBootId;
}

export function identify(pid) {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (fields === undefined || fields.state === 'Z' || fields.state === 'X') return undefined;
    return { pid, started: `${bootId()}:${fields.startTime}` };
  } catch {
    return undefined;
  }
}

export function isRunning(identity) {
  return identify(identity.pid)?.started === identity.started;
}

export function statFields(stat) {
  const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , processGroup] = rest;
  const startTime = rest[19];
  if (state === undefined || processGroup === undefined || startTime === undefined) return undefined;
  return { state, startTime, processGroup: Number(processGroup) };
}

export function parseIdentity(value) {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, started } = value;
  return typeof pid === 'number' && pid > 1 && typeof started === 'string' ? { pid, started } : undefined;
}
