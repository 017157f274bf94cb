import { counter, gauge } from '@holdfast/nest-kit/metrics';
import { ModelCircuits } from './model-circuits';

// Neither tenant nor model is a label: callers choose the names of models.
const opened = counter({
  name: 'holdfast_model_circuits_opened_total',
  help: 'Circuits of models that opened, by the code of the failure that did it; a trial that fails opens one again.',
  labelNames: ['code'],
});

/** The circuits of this worker, with their counts at /metrics. */
export function meteredCircuits(): ModelCircuits {
  const circuits = new ModelCircuits(undefined, undefined, (code) => opened.inc({ code }));
  gauge({
    name: 'holdfast_model_circuits',
    help: 'Pairs of tenant and model that this worker leaves alone (`open`, `resting`), or of which one call tries (`half_open`).',
    labelNames: ['state'],
    collect() {
      for (const [state, count] of Object.entries(circuits.counts())) this.set({ state }, count);
    },
  });
  return circuits;
}
