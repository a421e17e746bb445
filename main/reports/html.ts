// One self-contained HTML file: opens offline, charts are vectors, every text of a user is escaped.
import { probeMetrics, taps } from '../../contract/recipe.ts';
import { version } from '../../contract/version.ts';
import { caution, metricCatalogue, tapWords } from '../../core/catalogue.ts';
import { seriesColour } from '../../core/colour.ts';
import { recipeDiff } from '../../core/diff.ts';
import { escapeText as e } from '../../core/figure/svg.ts';
import { definitionSources, lossFormulas } from '../../core/loss-formulas.ts';
import { recipeText } from '../training/recipe-file.ts';
import { accuracyChart, type Chart, heatmaps, layerCharts, lossCharts, machineCharts } from './charts.ts';
import { checkpointCharts, checkpointRows, type ReportCheckpoint } from './checkpoints.ts';
import type { ReportRun } from './collect.ts';
import { provenanceRows, type Row, summaryRows } from './facts.ts';
import { accuracyAgainstSimilarity } from './scatter.ts';
import { style } from './style.ts';

/** Scripts, images, fonts and connections are all refused, so that nothing of the file can reach out. */
const policy = `default-src 'none'; style-src 'unsafe-inline'`;

/** `checkpoints` are of runs among `runs`. */
export function htmlReport(
  runs: readonly ReportRun[],
  made: Date,
  checkpoints: readonly ReportCheckpoint[] = [],
): string {
  const title = runs.map((r) => r.name).join(', ');
  const counted = (n: number, what: string) => `${n === 1 ? 'one' : n} ${what}${n === 1 ? '' : 's'}`;
  const of = [counted(runs.length, 'run'), ...(checkpoints.length ? [counted(checkpoints.length, 'checkpoint')] : [])];
  const several = runs.length > 1;
  const sections: [string, string, string][] = [
    ['summary', 'Summary', factTable(summaryRows(runs), runs)],
    ...(several ? ([['differences', 'What differs', differences(runs)]] as [string, string, string][]) : []),
    ...(checkpoints.length
      ? ([['checkpoints', 'Checkpoints', checkpointSection(checkpoints)]] as [string, string, string][])
      : []),
    ['training', 'Training', charts([...lossCharts(runs), accuracyChart(runs), ...accuracyAgainstSimilarity(runs)])],
    ['layers', 'Layers', `<p>${e(caution)}</p>${charts(layerCharts(runs))}`],
    ['heatmaps', 'Layers over the steps', charts(heatmaps(runs))],
    ['machine', 'Schedule and speed', charts(machineCharts(runs))],
    ['definitions', 'Definitions', definitions(runs)],
    ['repeat', 'To repeat it', factTable(provenanceRows(runs), runs) + recipes(runs)],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${e(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Unsmooth ${e(version)}">
<title>${e(title)} - Unsmooth report</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${e(title)}</h1>
<p class="faint">Report of ${e(of.join(' and '))}, made ${e(made.toISOString().slice(0, 16).replace('T', ' '))} UTC with Unsmooth ${e(version)}.</p>
<nav>${sections.map(([id, name]) => `<a href="#${id}">${e(name)}</a>`).join('')}</nav>
</header>
<main>
${sections.map(([id, name, body]) => `<section id="${id}"><h2>${e(name)}</h2>\n${body}\n</section>`).join('\n')}
</main>
</body>
</html>
`;
}

function charts(list: readonly Chart[]): string {
  if (list.length === 0) return '<p class="faint">Nothing was recorded.</p>';
  return `<div class="charts">${list.map(chart).join('\n')}</div>`;
}

function chart({ svg, note, table }: Chart): string {
  const caption = note ? `<figcaption>${e(note)}</figcaption>` : '';
  return `<figure>${svg}${caption}<details><summary>Data</summary><div class="scroll">${dataTable(table)}</div></details></figure>`;
}

function dataTable([head = [], ...rows]: string[][]): string {
  const cells = rows.map((r) => `<tr>${r.map((c) => `<td class="number">${e(c)}</td>`).join('')}</tr>`);
  return `<table><thead><tr>${head.map((h) => `<th>${e(h)}</th>`).join('')}</tr></thead><tbody>${cells.join('')}</tbody></table>`;
}

function factTable(rows: readonly Row[], items: readonly { name: string }[]): string {
  const head = items.map(
    (r, i) => `<th><span class="key" style="background:${seriesColour(i)}"></span>${e(r.name)}</th>`,
  );
  const body = rows.map(
    ([name, ...cells]) => `<tr><th scope="row">${e(name)}</th>${cells.map((c) => `<td>${e(c)}</td>`).join('')}</tr>`,
  );
  const top = items.length > 1 ? `<thead><tr><td></td>${head.join('')}</tr></thead>` : '';
  return `<div class="scroll"><table>${top}<tbody>${body.join('')}</tbody></table></div>`;
}

function checkpointSection(checkpoints: readonly ReportCheckpoint[]): string {
  const curves = checkpointCharts(checkpoints);
  const none = '<p class="faint">None of them was diagnosed.</p>';
  return factTable(checkpointRows(checkpoints), checkpoints) + (curves.length ? charts(curves) : none);
}

function differences(runs: readonly ReportRun[]): string {
  const rows = recipeDiff(runs.map((r) => r.run.recipe)).map(
    ({ field, values }): Row => [field, ...values.map((v) => JSON.stringify(v) ?? '-')],
  );
  if (rows.length === 0) return '<p>The recipes are the same.</p>';
  return factTable(rows, runs);
}

function definitions(runs: readonly ReportRun[]): string {
  const metrics = probeMetrics.map((id) => {
    const m = metricCatalogue[id];
    return `<dt>${e(id)}: ${e(m.title)}</dt><dd><code>${e(m.formula)}</code></dd><dd>Range ${m.range[0]} to ${m.range[1]}. Floor: ${e(m.floorFormula)}. Tokens: patches, the class token left out.</dd><dd>${e(m.reading)}</dd><dd class="faint">${e(m.source)}</dd>`;
  });
  const where = taps.map((id) => `<dt>tap ${id}</dt><dd>${e(tapWords[id])}</dd>`);
  const used = [...new Set(runs.map((r) => r.run.recipe.losses.definition))];
  const losses = used.map((definition) => {
    const list = lossFormulas([definition]).map(
      (l) => `<dt>${e(l.field)}: ${e(l.title)}</dt><dd><code>${e(l.formula)}</code></dd>`,
    );
    return `<h3>Losses, definition ${definition} (${e(definitionSources[definition])})</h3><dl>${list.join('')}</dl>`;
  });
  return `<h3>Diagnostics</h3><dl>${metrics.join('')}${where.join('')}</dl>${losses.join('')}`;
}

function recipes(runs: readonly ReportRun[]): string {
  return runs
    .map(
      (r) =>
        `<h3>Recipe of ${e(r.name)}</h3><p class="faint">Saved as recipe.yaml: <code>unsmooth train recipe.yaml</code></p><pre>${e(recipeText(r.run.recipe))}</pre>`,
    )
    .join('');
}
