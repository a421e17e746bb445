// The last layer's similarity over the probes of a run, without the rest: what a checkpoint is shown with.
import type { LayerProbe } from '../../contract/app/series.ts';

/** cos_abs of the last layer at the newest probe not after `step`, after the final norm where that was taken; null where there is none. */
export function similarityAt(probes: readonly LayerProbe[], step: number): number | null {
  const before = probes.filter((p) => p.step <= step && p.metrics.cos_abs !== undefined);
  const newest = before.at(-1)?.step;
  const there = before.filter((p) => p.step === newest);
  const probe = there.find((p) => p.tap === 'norm') ?? there.at(-1);
  return probe?.metrics.cos_abs?.at(-1) ?? null;
}
