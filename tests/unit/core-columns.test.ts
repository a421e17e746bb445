// Columns out of pieces of text against the plain reader of whole files, on files with everything that can happen to one.
import { describe, expect, test } from 'vitest';
import type { Curves } from '../../contract/app/series.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import { layersLine, type MetricsLine, metricsLine, readLines } from '../../contract/saved/lines.ts';
import { MetricColumns } from '../../core/columns.ts';
import { LayerRows } from '../../core/layer-rows.ts';
import { keyedRandom, type Random } from '../../core/random.ts';

const tags = ['train/loss', 'train/top1', 'perf/step_ms', 'val/top1', 'odd'];
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random.uniform() * list.length)] as T;

function metricsText(random: Random): string {
  let text = '';
  let step = 0;
  const lines = Math.floor(random.uniform() * 60);
  for (let i = 0; i < lines; i++) {
    const chance = random.uniform();
    if (chance < 0.06) {
      step = Math.floor(random.uniform() * (step + 2));
      text += `${JSON.stringify({ resumed_from: step })}\n`;
      continue;
    }
    if (chance < 0.1)
      text += `${pick(random, ['{"step":', 'null', '[1]', '', '{"step":1.5,"epoch":0,"wall":0}', '"x"', '{"step":2,"epoch":0,"wall":0,"a":null}'])}\n`;
    step = Math.max(0, step + pick(random, [1, 1, 1, 1, 1, 3, 0, -1, -4]));
    const line: Record<string, unknown> = { step, epoch: step / 10, wall: i };
    for (const tag of tags)
      if (random.uniform() < (tag === 'odd' ? 0.2 : 0.8))
        line[tag] = pick(random, [random.normal(), 'NaN', 'Infinity', '-Infinity', 3]);
    text += `${JSON.stringify(line)}\n`;
  }
  return random.uniform() < 0.5 ? text : text.slice(0, Math.floor(text.length * random.uniform()));
}

/** The curves that whole lines mean, one tag at a time. */
function expected(lines: readonly MetricsLine[]): Curves {
  const names = new Set(lines.flatMap((l) => Object.keys(l)).filter((t) => !['step', 'epoch', 'wall'].includes(t)));
  return Object.fromEntries(
    [...names].map((tag) => {
      const having = lines.filter((l) => l[tag] !== undefined);
      const of = (get: (l: MetricsLine) => number) => Float64Array.from(having, get);
      return [
        tag,
        {
          step: of((l) => l.step),
          epoch: of((l) => l.epoch),
          wall: of((l) => l.wall),
          value: of((l) => decodeNumber(l[tag] ?? 0)),
        },
      ];
    }),
  );
}

function* pieces(random: Random, text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const size = 1 + Math.floor(random.uniform() * 200);
    yield text.slice(at, at + size);
    at += size;
  }
}

describe('metric columns', () => {
  test('are what readLines reads, whatever the file and its pieces', () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = keyedRandom(seed, 0, 0, 0);
      const text = metricsText(random);
      const { lines, broken } = readLines(text, metricsLine);
      const columns = new MetricColumns();
      for (const piece of pieces(random, text)) columns.push(piece);
      columns.end();
      expect({ curves: columns.curves(), broken: columns.broken, rows: columns.rows }, `seed ${seed}`).toEqual({
        curves: expected(lines),
        broken,
        rows: lines.length,
      });
    }
  });

  test('deltas put together are the curves', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = keyedRandom(seed, 0, 1, 0);
      const columns = new MetricColumns();
      let held: Record<string, number[]> = {};
      for (const piece of pieces(random, metricsText(random))) {
        columns.push(piece);
        if (random.uniform() < 0.5) continue;
        const { whole, data } = columns.delta();
        if (whole) held = {};
        for (const [tag, { value }] of Object.entries(data)) held[tag] = [...(held[tag] ?? []), ...value];
        const now = Object.entries(columns.curves()).map(([tag, c]) => [tag, [...c.value]]);
        expect(held, `seed ${seed}`).toEqual(Object.fromEntries(now));
      }
    }
  });

  test('tags of the same lines share their axes, others do not', () => {
    const columns = new MetricColumns();
    columns.push('{"step":1,"epoch":0,"wall":0,"a":1,"b":2}\n{"step":2,"epoch":0,"wall":0,"a":1,"b":2,"c":3}\n');
    const { a, b, c } = columns.curves();
    expect(a?.step).toBe(b?.step);
    expect(a?.wall).toBe(b?.wall);
    expect(c?.step).toEqual(Float64Array.of(2));
  });
});

describe('layer rows', () => {
  const line = (step: number, tap: string, value: number | string, split = 'val') =>
    JSON.stringify({
      step,
      epoch: step / 10,
      probe: { split, images: 4 },
      tap,
      tokens: 'patches',
      metrics: { cos_abs: [value, 0.5] },
      spread: { cos_abs: { q10: [0, value], q90: [1, 1] } },
    });
  const check = (value: unknown) => layersLine.safeParse(value).data;

  test('are what readLines reads', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = keyedRandom(seed, 0, 2, 0);
      const list = Array.from({ length: 20 }, () =>
        random.uniform() < 0.1
          ? JSON.stringify({ resumed_from: Math.floor(random.uniform() * 6) })
          : line(
              Math.floor(random.uniform() * 8),
              pick(random, ['block', 'norm']),
              pick(random, [random.normal(), 'NaN']),
              pick(random, ['val', 'train']),
            ),
      );
      const text = `${list.join('\n')}\n`.slice(0, random.uniform() < 0.5 ? undefined : -7);
      const whole = readLines(text, layersLine, (l) => `${l.step} ${l.tap} ${l.tokens} ${l.probe.split}`);
      const rows = new LayerRows(check);
      for (const piece of pieces(random, text)) rows.push(piece);
      rows.end();
      expect({ lines: rows.lines(), broken: rows.broken }, `seed ${seed}`).toEqual(whole);
    }
  });

  test('a delta is what came since, and everything after a rewind', () => {
    const rows = new LayerRows(check);
    rows.push(`${line(0, 'block', 1)}\n${line(1, 'block', 'NaN')}\n`);
    expect(rows.delta()).toMatchObject({
      whole: true,
      data: [{ step: 0 }, { step: 1, metrics: { cos_abs: [Number.NaN, 0.5] } }],
    });
    rows.push(`${line(2, 'block', 1)}\n`);
    expect(rows.delta()).toMatchObject({ whole: false, data: [{ step: 2 }] });
    expect(rows.delta()).toEqual({ whole: false, data: [] });
    rows.push(`{"resumed_from":1}\n${line(2, 'block', 0)}\n`);
    expect(rows.delta().data.map((p) => p.step)).toEqual([0, 1, 2]);
  });
});
