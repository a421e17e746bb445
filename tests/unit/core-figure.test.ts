// Figures as SVG text: everything drawn lies inside, every text is escaped, and odd data draws something honest.
import { expect, test } from 'vitest';
import { heatmap } from '../../core/figure/heatmap.ts';
import { lineChart } from '../../core/figure/line-chart.ts';
import type { Point } from '../../core/series.ts';

const curve: Point[] = [
  [0, 0.5],
  [10, 0.2],
  [20, 0.9],
];
const chart = (more: Partial<Parameters<typeof lineChart>[0]> = {}) =>
  lineChart({
    title: 'Loss',
    x: { label: 'step' },
    y: { label: 'loss' },
    series: [{ name: 'a', colour: '#0072b2', points: curve }],
    ...more,
  });
const numbers = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].flatMap((m) => m.slice(1).map(Number));
const sizeOf = (svg: string) => numbers(svg, /viewBox="0 0 ([\d.]+) ([\d.]+)"/g);

test('is an image named by its title', () => {
  expect(chart()).toMatch(/^<svg [^>]*role="img" aria-label="Loss"/);
});

test('curves lie inside the figure, higher values higher up', () => {
  const svg = chart();
  const [width = 0, height = 0] = sizeOf(svg);
  const path = /<path d="([^"]+)"/.exec(svg)?.[1] ?? '';
  const places = [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map((m) => [Number(m[1]), Number(m[2])] as const);
  expect(places).toHaveLength(3);
  for (const [x, y] of places) expect(x > 0 && x < width && y > 0 && y < height).toBe(true);
  expect(places[1]?.[1]).toBeGreaterThan(places[0]?.[1] ?? Number.NaN);
  expect(places[2]?.[1]).toBeLessThan(places[0]?.[1] ?? 0);
});

test('names are escaped', () => {
  const svg = chart({ title: 'a <b> & "c"', series: [{ name: '<script>', colour: '#000', points: curve }] });
  expect(svg).not.toMatch(/<script>|<b>/);
  expect(svg).toContain('&lt;script&gt;');
});

test('legends take rows of their own: no two entries overlap, none leaves the figure', () => {
  const names = Array.from({ length: 9 }, (_, i) => `run ${i} with a rather long name`);
  const svg = chart({ series: names.map((name) => ({ name, colour: '#000', points: curve })) });
  const swatches = [...svg.matchAll(/<line x1="([\d.]+)" x2="[\d.]+" y1="([\d.]+)"[^>]*stroke="#000"/g)].map((m) => ({
    x: Number(m[1]),
    y: Number(m[2]),
  }));
  expect(swatches).toHaveLength(9);
  const [width = 0] = sizeOf(svg);
  for (const [i, a] of swatches.entries()) {
    expect(a.x + 24 + (names[i]?.length ?? 0) * 6).toBeLessThan(width);
    for (const b of swatches.slice(i + 1)) if (a.y === b.y) expect(Math.abs(b.x - a.x)).toBeGreaterThan(24 + 30 * 6);
  }
});

test('the text of a level stands where the curves are not', () => {
  const falling: Point[] = Array.from({ length: 13 }, (_, i) => [i, 1 - 0.07 * i]);
  const rising = falling.map(([x, y]): Point => [x, 1.16 - y]);
  const anchor = (points: readonly Point[]) =>
    /text-anchor="(\w+)"[^>]*>random tokens</.exec(
      chart({ series: [{ name: 'a', colour: '#000', points }], levels: [{ y: 0.1, text: 'random tokens' }] }),
    )?.[1];
  expect([anchor(falling), anchor(rising)]).toEqual(['start', 'end']);
});

test('levels are drawn and named', () => {
  expect(chart({ levels: [{ y: 0.1, text: 'random tokens' }] })).toContain('>random tokens</text>');
});

test('no values, one value, values that are not finite', () => {
  expect(chart({ series: [] })).toContain('No values yet');
  expect(chart({ series: [{ name: 'a', colour: '#000', points: [[0, 1]] }] })).toContain('<circle');
  const odd = chart({
    series: [
      {
        name: 'a',
        colour: '#000',
        points: [
          [0, 1],
          [1, Number.NaN],
          [2, 2],
        ],
      },
    ],
  });
  expect(odd).not.toMatch(/NaN|Infinity|undefined/);
});

test('a logarithmic axis has ticks at powers and leaves out what is not above 0', () => {
  const points: Point[] = [
    [0, 0],
    [1, 1e-4],
    [2, 1],
  ];
  const svg = chart({ y: { label: 'loss', log: true }, series: [{ name: 'a', colour: '#000', points }] });
  expect(svg).toContain('>0.01</text>');
  expect(svg.match(/[ML][\d.]+ [\d.]+/g)).toHaveLength(2);
});

test('a heatmap has a cell for every layer and step, from dark to yellow', () => {
  const svg = heatmap({
    title: 'Similarity heatmap',
    x: { label: 'step', values: [0, 10, 40] },
    y: { label: 'layer' },
    columns: [
      [0, 1],
      [0.5, 0.5],
      [1, 0],
    ],
    range: [0, 1],
    valueLabel: 'cos_abs',
  });
  const cells = svg.slice(0, svg.indexOf('</g>')).match(/<rect [^>]+>/g) ?? [];
  expect(cells).toHaveLength(6);
  expect(cells[0]).toContain('#440154');
  expect(cells[1]).toContain('#fde725');
  expect(svg).not.toMatch(/NaN|undefined/);
});
