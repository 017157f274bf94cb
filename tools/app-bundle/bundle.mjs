// node tools/app-bundle/bundle.mjs <outdir> <entry.ts> …: 0.mjs, 1.mjs, … in the order of the entries.
import esbuild from 'esbuild';
import { appBundleOptions } from './options.mjs';

const [outdir, ...entries] = process.argv.slice(2);
if (outdir === undefined || entries.length === 0) throw new Error('usage: node tools/app-bundle/bundle.mjs <outdir> <entry.ts> …');
await esbuild.build({ ...appBundleOptions, entryPoints: entries.map((entry, i) => ({ in: entry, out: String(i) })), outdir });
