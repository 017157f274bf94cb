import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { HoldfastSubject } from './holdfast.subject';
import type { BenchPlan } from './options';
import { withStack } from './own-stack';
import { load } from './subject';
import { withTemporal } from './temporal-client';

const TOP = 20;
const profileSchema = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string(), url: z.string() }) })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** A CPU profile as Node writes it (--cpu-prof). */
export type CpuProfile = z.infer<typeof profileSchema>;

/** Self time by function, largest first, milliseconds; `(idle)` and `(program)` are left out. */
export function selfTimes(profile: CpuProfile): { where: string; ms: number }[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName || '(anonymous)'}  ${placeOf(callFrame.url)}`]));
  const totals = new Map<string, number>();
  for (const [i, id] of profile.samples.entries()) {
    const where = names.get(id) ?? '?';
    if (/^\((idle|program|root)\)/.test(where)) continue;
    totals.set(where, (totals.get(where) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000);
  }
  return [...totals].map(([where, ms]) => ({ where, ms })).sort((a, b) => b.ms - a.ms);
}

/** The npm package or the last two parts of a file's path. */
function placeOf(url: string): string {
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)?.[1];
  return inPackage ?? url.split('/').slice(-2).join('/');
}

/** Loads a stack of our own whose Node processes write CPU profiles, and prints where worker and gateway spend their time. */
export async function profileApps(plan: BenchPlan, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-profile-'));
  try {
    // Every thread writes its own profile when its process ends; the name holds pid and thread.
    const nodeOptions = `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=500`;
    const pids = await withStack({ signal, nodeOptions }, async (stack) => {
      await withTemporal(stack, (temporal) => load(new HoldfastSubject(stack, temporal), plan.phases.at(-1)?.count ?? 200, 30));
      return stack.pids;
    });
    for (const app of ['worker', 'api-gateway']) {
      for (const file of readdirSync(folder).filter((name) => name.includes(`.${pids[app]}.`))) {
        const times = selfTimes(profileSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
        const total = times.reduce((sum, { ms }) => sum + ms, 0);
        say(`\n${app} (${file}): ${total.toFixed(0)} ms of CPU`);
        for (const { where, ms } of times.slice(0, TOP)) say(`  ${((100 * ms) / total).toFixed(1).padStart(5)} %  ${where}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
