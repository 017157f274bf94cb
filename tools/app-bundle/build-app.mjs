// node tools/app-bundle/build-app.mjs apps/<name>
// One ESM bundle of an app with libraries and npm packages inside, beside it what it needs to be deployed alone: protos, the workflow
// bundle, a manifest with exactly the packages that stay outside (options.mjs), and its lock file.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { appBundleOptions } from './options.mjs';

const projectRoot = process.argv[2];
if (projectRoot === undefined) throw new Error('usage: node tools/app-bundle/build-app.mjs apps/<name>');
const dist = resolve(projectRoot, 'dist');
/** Swapped in at the end: an app that the supervisor restarts during a build finds the old bundle or the new one. */
const out = resolve(projectRoot, 'dist.building');
const rootManifest = JSON.parse(readFileSync('package.json', 'utf8'));
const appManifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const { runtimeDependencies = [], workflows } = appManifest.holdfast ?? {};

async function bundle() {
  const { metafile } = await esbuild.build({
    ...appBundleOptions,
    entryPoints: { main: join(projectRoot, 'src/main.ts') },
    outdir: out,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    banner: { js: `${appBundleOptions.banner.js}\nprocess.env.HOLDFAST_PROTO_DIR ??= \`\${import.meta.dirname}/proto\`;` },
  });
  const ownSources = Object.entries(metafile.inputs).filter(([path]) => !path.includes('node_modules/'));
  const asked = packagesOf(ownSources.flatMap(([, { imports }]) => imports.map(({ external, path, original }) => (external ? path : (original ?? '.')))));
  const outside = packagesOf(Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external).map(({ path }) => path)));
  requireDeclared(asked);
  // Packages inside ask for some outside that nobody installs by name: optional peers, and what comes with them.
  return new Set([...outside].filter((name) => name in rootManifest.dependencies));
}

function packagesOf(specifiers) {
  const names = specifiers.filter((path) => !/^(\.|\/|<runtime>|node:|@holdfast\/)/.test(path)).map((path) => path.split('/').slice(0, path.startsWith('@') ? 2 : 1).join('/'));
  return new Set(names.filter((name) => !builtinModules.includes(name)));
}

function requireDeclared(names) {
  for (const name of names) {
    if (rootManifest.dependencies[name] === undefined) throw new Error(`${projectRoot} imports ${name}, which is not among the root's dependencies`);
  }
}

async function bundleWorkflows({ entry, graphs }) {
  const { buildWorkflowBundle } = await import('../../libs/agent-runtime/src/worker/build-bundle.ts');
  const at = (specifier) => fileURLToPath(import.meta.resolve(specifier));
  const { code, buildId } = await buildWorkflowBundle({ workflowsPath: at(entry), graphModules: graphs.map(at) });
  writeFileSync(join(out, 'workflows.cjs'), code);
  for (const file of ['tune.cjs', 'tune-entry.cjs']) cpSync(join('libs/agent-runtime/src/worker', file), join(out, file));
  return buildId;
}

async function writeManifest(imported) {
  const names = [...new Set([...imported, ...runtimeDependencies])].sort();
  requireDeclared(names);
  const dependencies = Object.fromEntries(names.map((name) => [name, rootManifest.dependencies[name]]));
  const { name, version } = appManifest;
  const { engines, overrides, allowScripts } = rootManifest;
  const manifest = { name, version, private: true, type: 'module', main: 'main.mjs', engines, dependencies, overrides, allowScripts };
  const { createProjectGraphAsync } = await import('@nx/devkit');
  const { createLockFile, getLockFileName } = await import('@nx/js');
  const graph = await createProjectGraphAsync({ exitOnError: true });
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(out, getLockFileName('npm')), createLockFile(manifest, graph, 'npm'));
  return names.length;
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const imported = await bundle();
cpSync('libs/rpc/proto', join(out, 'proto'), { recursive: true });
const buildId = workflows === undefined ? undefined : await bundleWorkflows(workflows);
const count = await writeManifest(imported);
rmSync(dist, { recursive: true, force: true });
renameSync(out, dist);
console.log(`${projectRoot}: ${count} runtime packages${buildId === undefined ? '' : `, workflow build ${buildId.slice(0, 12)}`}`);
// The Nx graph and webpack leave handles open.
process.exit(0);
