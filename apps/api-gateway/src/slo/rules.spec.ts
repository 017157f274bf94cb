import { readFileSync } from 'node:fs';
import { LATENCIES, GOOD_OUTCOMES, LEFT_OUT_OUTCOMES, OBJECTIVES, SLO_DEFINITION } from './definition';
import { OVERDUE, ROLLED_UNTIL } from './slo-metrics.service';
import { SLO_METRICS, valuesOf, type SloMetric } from './slo-values';

const text = readFileSync(new URL('../../../../infra/prometheus/slo.rules.yaml', import.meta.url), 'utf8');

interface Rule {
  readonly kind: string;
  readonly name: string;
  readonly expr: string;
  readonly indicator: string | undefined;
}

/** The rules in the plain form that the file is written in. */
const rules: Rule[] = text
  .replace(/^\s*#.*$/gm, '')
  .split(/^ {6}- (?=record:|alert:)/m)
  .slice(1)
  .map((block) => ({
    kind: /^(record|alert)/.exec(block)![1]!,
    name: /^\w+: (\S+)/.exec(block)![1]!,
    expr: /^ {8}expr: (?:>-\n)?((?:.|\n(?! {8}\w))+)/m.exec(block)![1]!.replace(/\s+/g, ' ').trim(),
    indicator: /indicator: (\w+)/.exec(block)?.[1],
  }));

/** All that a gateway exports: every metric with its labels, from totals that hold each indicator. */
function exported(): Map<string, Set<string>> {
  const widths: Record<string, number> = { run: SLO_DEFINITION.outcomes.length, recovery: 2 };
  for (const latency of LATENCIES) widths[latency] = SLO_DEFINITION[latency].length + 2;
  const row = { graphId: 'g', buildId: 'b', tenantId: null };
  const totals = Object.entries(widths).map(([indicator, width]) => ({ ...row, indicator, counts: Array<number>(width).fill(1) }));
  const found = new Map<string, Set<string>>([[OVERDUE, new Set(['graph'])], [ROLLED_UNTIL, new Set()]]);
  for (const metric of Object.keys(SLO_METRICS) as SloMetric[]) {
    for (const { suffix = '', labels } of valuesOf(metric, totals)) found.set(`${SLO_METRICS[metric].name}${suffix}`, new Set(Object.keys(labels)));
  }
  return found;
}

const namesIn = (expr: string, pattern: RegExp): string[] => [...expr.matchAll(pattern)].map(([name]) => name);

describe('the Prometheus rules', () => {
  it('are read as they are written', () => {
    expect(rules.filter(({ kind }) => kind === 'record').length).toBe(text.match(/- record:/g)!.length);
    expect(rules.filter(({ kind }) => kind === 'alert').map(({ name }) => name)).toEqual([
      'AgentErrorBudgetBurnsFast', 'AgentErrorBudgetBurns', 'AgentErrorBudgetBurnsSlowly', 'AgentErrorBudgetSpent', 'RunsNotBegun', 'ServiceLevelsNotMeasured',
    ]);
    for (const { expr } of rules) {
      expect(expr.split('(').length).toBe(expr.split(')').length);
      expect(expr.split('{').length).toBe(expr.split('}').length);
    }
  });

  it('use only metrics that are exported, with labels that they have, and all of them', () => {
    const metrics = exported();
    const used = new Set(rules.flatMap(({ expr }) => namesIn(expr, /\bholdfast_\w+/g)));
    for (const name of used) expect([...metrics.keys()]).toContain(name);
    const unused = [...metrics.keys()].filter((name) => !used.has(name) && !name.endsWith('_sum') && !name.endsWith('_bucket'));
    expect(unused).toEqual([]);
    for (const { expr } of rules) {
      for (const [, labels, metric] of expr.matchAll(/max by \(([\w, ]+)\) \(\s*(?:(?:rate|increase)\()?(holdfast_\w+)/g)) {
        for (const label of labels!.split(', ')) expect([...metrics.get(metric!)!]).toContain(label);
      }
    }
  });

  it('use only what they record, and record only what they use', () => {
    const recorded = new Set(rules.filter(({ kind }) => kind === 'record').map(({ name }) => name));
    const used = new Set(rules.flatMap(({ expr }) => namesIn(expr, /\bholdfast:[\w:]+/g)));
    expect([...used].sort()).toEqual([...recorded].sort());
  });

  it('add up only what was taken once of all gateways', () => {
    for (const { expr } of rules) {
      const sums = expr.match(/sum by \(graph\) \(/g)?.length ?? 0;
      expect(expr.match(/sum by \(graph\) \(max by \(graph, build, tenant(, outcome)?\) \(\s*(rate|increase)\(/g)?.length ?? 0).toBe(sums);
    }
  });

  it('have the objectives of the code', () => {
    const objectives = rules.filter(({ name }) => name === 'holdfast:slo_objective:ratio');
    const stated = objectives.map(({ expr, indicator }) => ({ indicator, target: Number(/vector\(([\d.]+)\)/.exec(expr)![1]) }));
    expect(stated).toEqual(OBJECTIVES.map(({ indicator, target }) => ({ indicator, target })));
  });

  it('count as good what the code counts as good', () => {
    for (const { indicator, thresholdMs } of OBJECTIVES) {
      const ratios = rules.filter((rule) => rule.indicator === indicator && rule.name.startsWith('holdfast:slo_errors:'));
      expect(ratios.map(({ name }) => name.split('ratio_rate')[1])).toEqual(['5m', '30m', '1h', '6h', '3d', '30d']);
      for (const { name, expr } of ratios) {
        expect(new Set(namesIn(expr, /\[\w+\]/g))).toEqual(new Set([`[${name.split('ratio_rate')[1]}]`]));
        expect(/le="([\d.]+)"/.exec(expr)?.[1]).toBe(thresholdMs === undefined ? undefined : String(thresholdMs / 1_000));
      }
    }
    const success = rules.filter(({ indicator, expr }) => indicator === 'success' && expr.includes('outcome')).map(({ expr }) => expr);
    for (const [, negated, pattern] of success.join(' ').matchAll(/outcome(=|!)~"([^"]+)"/g)) {
      const matched = SLO_DEFINITION.outcomes.filter((outcome) => new RegExp(`^(?:${pattern!})$`).test(outcome));
      const bad = SLO_DEFINITION.outcomes.filter((outcome) => !GOOD_OUTCOMES.has(outcome) && !LEFT_OUT_OUTCOMES.has(outcome));
      expect(matched).toEqual(negated === '=' ? bad : [...LEFT_OUT_OUTCOMES]);
    }
    expect(success.length).toBe(7);
  });
});
