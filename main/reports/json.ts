// A report for programs: the same numbers as the HTML, with the definitions they need.
import { probeMetrics, taps } from '../../contract/recipe.ts';
import { version } from '../../contract/version.ts';
import { caution, metricCatalogue, tapWords } from '../../core/catalogue.ts';
import { recipeDiff } from '../../core/diff.ts';
import { lossFormulas } from '../../core/loss-formulas.ts';
import type { ReportCheckpoint } from './checkpoints.ts';
import type { ReportRun } from './collect.ts';

/** Plain data; floors are given for each run's width. */
export function jsonReport(runs: readonly ReportRun[], made: Date, checkpoints: readonly ReportCheckpoint[] = []) {
  return {
    version: 1,
    made: made.toISOString(),
    unsmooth: version,
    definitions: {
      metrics: probeMetrics.map((id) => {
        const { title, formula, range, floorFormula, reading, source } = metricCatalogue[id];
        return { id, title, formula, range, floor: floorFormula, reading, source, tokens: 'patches' };
      }),
      taps: taps.map((id) => ({ id, meaning: tapWords[id] })),
      losses: lossFormulas(runs.map((r) => r.run.recipe.losses.definition)),
      caution,
    },
    recipe_diff: recipeDiff(runs.map((r) => r.run.recipe)),
    runs: runs.map((r) => ({
      id: r.id,
      name: r.name,
      status: r.status,
      reason: r.reason,
      run: r.run,
      floors: Object.fromEntries(
        probeMetrics.map((id) => [id, metricCatalogue[id].floor?.(r.run.recipe.model.embed_dim) ?? null]),
      ),
      best_top1: r.run.summary.best_top1,
      metrics: r.metrics,
      layers: r.layers,
      checkpoints: r.checkpoints,
      unreadable_lines: r.brokenLines,
    })),
    checkpoints: checkpoints.map(({ file, run, name, entry, last_layer_similarity, results }) => ({
      ...{ file, run, name, last_layer_similarity },
      ...entry,
      ...results,
    })),
  };
}
