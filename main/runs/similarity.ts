// The last layer's similarity over the probes of a run, without the rest: what a checkpoint is shown with.
import type { LayerProbe } from '../../contract/app/series.ts';
import { type LayersLine, layersLine } from '../../contract/saved/lines.ts';
import { LayerRows } from '../../core/layer-rows.ts';
import { layersFile, Tail } from './columns.ts';

/** The probes of a run with nothing but the last layer's cos_abs. Throws FILE_IO. */
export async function readLastLayers(dir: string): Promise<LayerProbe[]> {
  const rows = new LayerRows(lastLayer);
  await new Tail(layersFile(dir)).read((text) => rows.push(text));
  rows.end();
  return rows.probes();
}

/** One value of a line in place of hundreds: checked by itself, since checking them all takes longer than parsing. */
function lastLayer(value: unknown): LayersLine | undefined {
  if (typeof value !== 'object' || value === null || !('metrics' in value)) return undefined;
  const { metrics } = value;
  const layers: unknown =
    typeof metrics === 'object' && metrics !== null && 'cos_abs' in metrics ? metrics.cos_abs : [];
  const last = Array.isArray(layers) ? layers.slice(-1) : [];
  return layersLine.safeParse({ ...value, metrics: last.length ? { cos_abs: last } : {}, spread: {} }).data;
}

/** cos_abs of the last layer at the newest probe not after `step`, after the final norm where that was taken; null where there is none. */
export function similarityAt(probes: readonly LayerProbe[], step: number): number | null {
  const before = probes.filter((p) => p.step <= step && p.metrics.cos_abs !== undefined);
  const newest = before.at(-1)?.step;
  const there = before.filter((p) => p.step === newest);
  const probe = there.find((p) => p.tap === 'norm') ?? there.at(-1);
  return probe?.metrics.cos_abs?.at(-1) ?? null;
}
