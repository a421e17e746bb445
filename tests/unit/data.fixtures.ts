// What the tests of the readers share: datasets made by tests/fixtures/datasets/make.py, and what is in one, image by image.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { FromWorker, Job, ResultOf } from '../../contract/worker-api.ts';
import { type Dataset, splitOf } from '../../native-worker/data/dataset.ts';
import { decodeImage } from '../../native-worker/data/decode.ts';
import { type Opening, openDataset } from '../../native-worker/data/open.ts';
import { openSamples } from '../../native-worker/data/samples.ts';
import type { JobContext } from '../../native-worker/job-context.ts';
import { dataset as datasetJob } from '../../native-worker/jobs/dataset.ts';

export const fixtures = 'tests/fixtures/datasets';

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});
/** Gone after the test. */
export function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'data-'));
  made.push(dir);
  return dir;
}

export const openAt = (path: string, kind: Dataset['kind'] | null = null, opening?: Opening): Promise<Dataset> =>
  openDataset({ name: 'd', kind, path }, opening);

export interface Read {
  label: number;
  /** Of the first pixel. */
  colour: number[];
  size: [number, number];
  where: string;
}

/** Every image of a split, read and decoded. */
export async function readSplit(dataset: Dataset, name: string): Promise<Read[]> {
  const split = splitOf(dataset, name);
  const reader = openSamples(split.source);
  const all: Read[] = [];
  for (let i = 0; i < split.count; i++) {
    const sample = await reader.read(i);
    const image = 'encoded' in sample ? await decodeImage(sample.encoded, 3) : { ...sample, data: sample.pixels };
    const colour = [...image.data.subarray(0, 3)];
    all.push({ label: split.labels[i]!, colour, size: [image.width, image.height], where: reader.where(i) });
  }
  await reader.close();
  return all;
}

/** A job's surroundings that remember what was sent; `stop` is asked at every look. */
export function surroundings(stop: () => boolean = () => false): JobContext & { sent: FromWorker[] } {
  const sent: FromWorker[] = [];
  return {
    sent,
    emit: (m) => sent.push(m),
    control: {
      get ending() {
        return stop() ? ('stop' as const) : ('no' as const);
      },
      paused: false,
      takeCheckpointRequest: () => false,
      wait: () => {},
    },
  };
}

export async function inspected(
  path: string,
  check: Extract<Job, { type: 'dataset' }>['check'] = 'auto',
  context: JobContext = surroundings(),
): Promise<ResultOf<'dataset'>> {
  const result = await datasetJob({ type: 'dataset', dataset: { name: 'd', kind: null, path }, check }, context);
  if (result.type !== 'dataset') throw new Error(result.type);
  return result;
}
