// Node built-ins only, and nothing newer than Node 20: this runs on a fresh clone before anything is installed.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFileLock } from './file-lock.mjs';

const CHECKOUT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
/** The workspace's code needs this Node; on linux x64 and arm64 it comes as an npm package. */
const MINIMUM_NODE = [24, 9];
const REPORT_INTERVAL_MS = 10_000;
const BEGAN = Date.now();

/**
 * Installs the workspace's dependencies when they are missing or not those of package-lock.json, then runs `entry`
 * (a path in the checkout) under the workspace's Node with the given arguments and ends with its exit code.
 */
export async function runInWorkspace(entry, args) {
  try {
    await installDependencies();
    process.exitCode = await runEntry(entry, args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function installDependencies() {
  if (isInstalled()) return;
  await withInstallLock(CHECKOUT, async () => {
    if (!isInstalled()) await npmCi();
  });
}

/** Two commands of one checkout must not install at once. */
export async function withInstallLock(checkout, work) {
  const path = join(checkout, '.nx/install.lock');
  const onWait = (pid) => say(`Waiting for process ${pid}, which installs the dependencies …`);
  await withFileLock(path, { onWait }, work).catch((error) => {
    // only system errors carry a syscall: those are the lock's own, whatever the work throws speaks for itself
    if (error?.syscall === undefined) throw error;
    throw new Error(`The dependencies cannot be installed: the lock ${path} cannot be made (${error.message}).`);
  });
}

/** True when node_modules holds every package of package-lock.json in its version (npm's hidden lockfile says so). */
export function isInstalled(checkout = CHECKOUT) {
  const wanted = readPackages(join(checkout, 'package-lock.json'));
  const present = readPackages(join(checkout, 'node_modules/.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = present[path];
    // optional packages of other platforms are never there
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.resolved === entry.resolved;
  });
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function npmCi() {
  const begun = Date.now();
  const elapsed = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  say('Installing the workspace dependencies (npm ci; about a minute) …');
  const timer = setInterval(() => say(`… npm ci is still at work (${elapsed()} so far)`), REPORT_INTERVAL_MS);
  try {
    const npm = process.env.npm_execpath;
    const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
    // no dependency needs an install script (docs: reference/toolchain.md), so none gets to run one
    const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev', '--include=optional', '--loglevel=error'];
    await execute(command, [...first, ...flags]);
  } finally {
    clearInterval(timer);
  }
  say(`✓ Dependencies installed (${elapsed()})`);
}

/** Runs a command in the checkout; its output is shown only when it fails. Ctrl-C ends it. */
function execute(command, args) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-20_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const stop = forwardSignals(child);
    child.once('error', (error) => fail(new Error(`${command} cannot be run: ${error.message}`)));
    child.once('close', (code, signal) => {
      stop();
      if (code === 0) done();
      else fail(new Error(`${command} ${args.join(' ')} failed (${signal ?? `exit code ${code}`}):\n${output.trim()}`));
    });
  });
}

function runEntry(entry, args) {
  const node = workspaceNode();
  const child = spawn(node, [join(CHECKOUT, entry), ...args], {
    cwd: CHECKOUT,
    stdio: 'inherit',
    // HOLDFAST_COMMAND_BEGAN: so that the times shown at the end include the installation
    env: { ...process.env, HOLDFAST_COMMAND_BEGAN: String(BEGAN), PATH: `${join(CHECKOUT, 'node_modules/.bin')}:${process.env.PATH ?? ''}` },
  });
  // the terminal sends Ctrl-C to the child as well; it takes repeated signals for one
  const stop = forwardSignals(child);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, signal) => {
      stop();
      done(signal === null ? (code ?? 1) : 128 + 15);
    });
  });
}

function workspaceNode() {
  const own = join(CHECKOUT, 'node_modules/.bin/node');
  if (existsSync(own)) return own;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return process.execPath;
  throw new Error(
    `Node ≥ ${MINIMUM_NODE.join('.')} is needed and this is ${process.versions.node}. On linux x64 and arm64 it comes with the dependencies:\n` +
      '  npm ci --include=optional. Elsewhere install it, for example with nvm: nvm install (reads .nvmrc).',
  );
}

function forwardSignals(child) {
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => {
    const handler = () => child.kill(name);
    process.on(name, handler);
    return [name, handler];
  });
  return () => handlers.forEach(([name, handler]) => process.off(name, handler));
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
