// Looks at the images of a dataset, decoded or by their heads, several at a time: sizes, mean and std, what is broken.

import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetCheck } from '../../contract/worker-api.ts';
import type { Dataset, Split } from '../data/dataset.ts';
import { type Decoded, decodeImage, type ImageHead, imageHead } from '../data/decode.ts';
import type { Findings } from '../data/findings.ts';
import { openingOf } from '../data/opening.ts';
import { Pace } from '../data/pace.ts';
import { openSamples, type PixelSource, type SampleReader } from '../data/samples.ts';
import type { JobContext } from '../job-context.ts';
import { PixelStatistics } from './pixel-statistics.ts';

/** `auto` decodes all of as many, of more only some. */
const mostDecodedByAuto = 50_000;
const decodedOfMore = 5_000;
const mostMeasured = 50_000;
/** libvips decodes in threads of its own; this many images wait for one. */
const atOnce = 8;

export interface ImageFindings {
  sizes: { min: [number, number]; max: [number, number] };
  mean: number[];
  std: number[];
  measured: number;
  checked: { decoded: number; heads: number };
}

/** Problems go to `findings`, by path. Throws STOPPED. */
export async function inspectImages(
  dataset: Dataset,
  measured: Split,
  check: DatasetCheck,
  findings: Findings,
  context: JobContext,
): Promise<ImageFindings> {
  const splits = Object.values(dataset.splits);
  const total = splits.reduce((n, s) => n + s.count, 0);
  const sum = new ImageSum(dataset.channels);
  const pace = new Pace(openingOf(context));
  let done = 0;
  for (const split of splits) {
    if (split.source.kind === 'pixels') {
      sum.addDecoded(split.source, split.count, split === measured);
      done += split.count;
      await pace.rest(done, total, 'looking at images');
      continue;
    }
    const decodes = spaced(split.count, decodedShare(check, split.count, total));
    const measures = split === measured ? spaced(split.count, mostMeasured) : () => false;
    const reader = openSamples(split.source);
    try {
      for (let from = 0; from < split.count; from += atOnce) {
        const batch = Array.from({ length: Math.min(atOnce, split.count - from) }, (_, b) => from + b);
        const wrong = await Promise.all(
          batch.map(async (i) => {
            try {
              if (decodes(i)) sum.decoded(await decodeImage(await encodedOf(reader, i), dataset.channels), measures(i));
              else sum.head(await headOf(reader, i));
            } catch (e) {
              const { message, problems } = UnsmoothError.from(e);
              return { where: reader.where(i), message: problems[0]?.message ?? message };
            }
            return undefined;
          }),
        );
        for (const problem of wrong) if (problem) findings.problem(problem.where, problem.message);
        done += batch.length;
        if (pace.due()) await pace.rest(done, total, 'looking at images');
      }
    } finally {
      await reader.close();
    }
  }
  return sum.findings();
}

/** A copy: a reader's bytes hold until its next call. */
async function encodedOf(reader: SampleReader, i: number): Promise<Uint8Array> {
  const sample = await reader.read(i);
  if ('encoded' in sample) return Uint8Array.from(sample.encoded);
  throw new Error('samples that lie decoded are added at once');
}

/** By the first bytes where they do, else by all of them. */
async function headOf(reader: SampleReader, i: number): Promise<ImageHead> {
  try {
    if (reader.head) return await imageHead(await reader.head(i));
  } catch {
    // Longer than the first bytes, or broken: all of them tell.
  }
  return imageHead(await encodedOf(reader, i));
}

function decodedShare(check: DatasetCheck, count: number, total: number): number {
  if (check === 'heads') return 0;
  if (check === 'full' || total <= mostDecodedByAuto) return count;
  return Math.ceil((decodedOfMore * count) / total);
}

/** Whether i is among `n` evenly spaced of `count`. */
function spaced(count: number, n: number): (i: number) => boolean {
  if (n >= count) return () => true;
  return (i) => Math.floor(((i + 1) * n) / count) > Math.floor((i * n) / count);
}

class ImageSum {
  private readonly statistics: PixelStatistics;
  private readonly min: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  private readonly max: [number, number] = [0, 0];
  private measured = 0;
  private readonly checked = { decoded: 0, heads: 0 };
  constructor(channels: 1 | 3) {
    this.statistics = new PixelStatistics(channels);
  }

  /** All images of a split that lie decoded in memory: no share of them would be cheaper. */
  addDecoded({ width, height, pixels }: PixelSource, count: number, measure: boolean): void {
    this.size(width, height);
    this.checked.decoded += count;
    if (measure) this.statistics.add(pixels);
    if (measure) this.measured += count;
  }
  decoded({ data, width, height }: Decoded, measure: boolean): void {
    this.size(width, height);
    this.checked.decoded++;
    if (!measure) return;
    this.statistics.add(data);
    this.measured++;
  }
  head({ width, height }: ImageHead): void {
    this.size(width, height);
    this.checked.heads++;
  }
  findings(): ImageFindings {
    const seen = this.max[0] > 0;
    const { min, max, measured, checked } = this;
    return { sizes: { min: seen ? min : [0, 0], max }, ...this.statistics.meanAndStd(), measured, checked };
  }
  private size(width: number, height: number): void {
    this.min[0] = Math.min(this.min[0], width);
    this.min[1] = Math.min(this.min[1], height);
    this.max[0] = Math.max(this.max[0], width);
    this.max[1] = Math.max(this.max[1], height);
  }
}
