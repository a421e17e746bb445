// Looks at the images of a dataset, decoded or by their heads, several at a time: sizes, mean and std, what is broken.

import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetCheck } from '../../contract/worker-api.ts';
import type { Dataset, Split } from '../data/dataset.ts';
import { decodeImage, imageHead } from '../data/decode.ts';
import type { Findings } from '../data/findings.ts';
import { openingOf } from '../data/opening.ts';
import { Pace } from '../data/pace.ts';
import { openSamples, type PixelSource, type Sample, type SampleReader } from '../data/samples.ts';
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
        const samples = await readAll(reader, batch, findings);
        await Promise.all(
          samples.map(async ({ i, sample }) => {
            try {
              await sum.add(sample, decodes(i), measures(i));
            } catch (e) {
              findings.problem(reader.where(i), UnsmoothError.from(e).message);
            }
          }),
        );
        done += batch.length;
        if (pace.due()) await pace.rest(done, total, 'looking at images');
      }
    } finally {
      await reader.close();
    }
  }
  return sum.findings();
}

/** A reader's bytes hold until its next call: those that lie in a page of their own are kept, others copied. */
async function readAll(reader: SampleReader, batch: readonly number[], findings: Findings) {
  const samples: { i: number; sample: Sample }[] = [];
  for (const i of batch) {
    try {
      const sample = await reader.read(i);
      samples.push({ i, sample: 'encoded' in sample ? { encoded: Uint8Array.from(sample.encoded) } : sample });
    } catch (e) {
      findings.problem(reader.where(i), UnsmoothError.from(e).message);
    }
  }
  return samples;
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
  private readonly channels: 1 | 3;
  private readonly statistics: PixelStatistics;
  private readonly min: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  private readonly max: [number, number] = [0, 0];
  private measured = 0;
  private readonly checked = { decoded: 0, heads: 0 };
  constructor(channels: 1 | 3) {
    this.channels = channels;
    this.statistics = new PixelStatistics(channels);
  }

  /** All images of a split that lie decoded in memory: no share of them would be cheaper. */
  addDecoded({ width, height, pixels }: PixelSource, count: number, measure: boolean): void {
    this.size(width, height);
    this.checked.decoded += count;
    if (measure) this.statistics.add(pixels);
    if (measure) this.measured += count;
  }
  async add(sample: Sample, decode: boolean, measure: boolean): Promise<void> {
    if ('pixels' in sample) throw new Error('decoded samples are added at once');
    if (decode) {
      const { data, width, height } = await decodeImage(sample.encoded, this.channels);
      this.size(width, height);
      this.checked.decoded++;
      if (measure) this.measure(data);
    } else {
      const { width, height } = await imageHead(sample.encoded);
      this.size(width, height);
      this.checked.heads++;
    }
  }
  findings(): ImageFindings {
    const seen = this.max[0] > 0;
    const { min, max, measured, checked } = this;
    return { sizes: { min: seen ? min : [0, 0], max }, ...this.statistics.meanAndStd(), measured, checked };
  }
  private measure(pixels: Uint8Array): void {
    this.statistics.add(pixels);
    this.measured++;
  }
  private size(width: number, height: number): void {
    this.min[0] = Math.min(this.min[0], width);
    this.min[1] = Math.min(this.min[1], height);
    this.max[0] = Math.max(this.max[0], width);
    this.max[1] = Math.max(this.max[1], height);
  }
}
