// Datasets as the window sees them.
import { z } from 'zod';
import type { SavedDataset } from '../saved/dataset.ts';
import type { ResultOf } from '../worker-api.ts';
import { call } from './call.ts';

export interface DatasetRow {
  name: string;
  origin: 'built-in' | 'added';
  /** available: its folder is there; missing: it is not; broken: its description cannot be read. */
  state: 'available' | 'missing' | 'broken';
  kind: string | null;
  path: string | null;
  /** What was found when it was added; null for a built-in one. */
  saved: SavedDataset | null;
  /** How to get it, or what is wrong; empty where it is available. */
  note: string;
}

/** Counts, classes, statistics and problems, read anew. */
export type DatasetDescription = Omit<ResultOf<'dataset'>, 'type'>;

export interface Thumbnails {
  width: number;
  height: number;
  channels: number;
  /** Images of the split in all. */
  total: number;
  /** Class of each image. */
  labels: number[];
  /** uint8, images x height x width x channels. */
  pixels: Uint8Array;
}

const name = z.string().min(1).max(4096);
const task = z.string().min(1).max(100);

export const datasetCalls = {
  'datasets.list': call(z.strictObject({})).returns<DatasetRow[]>(),
  'datasets.describe': call(z.strictObject({ name, task })).returns<DatasetDescription>(),
  /** Reads the folder once and gives it a name (its own by default). Throws DATASET_NOT_FOUND, DATASET_INVALID, USAGE. */
  'datasets.add': call(
    z.strictObject({ path: name, name: z.string().min(1).max(80).nullable(), task }),
  ).returns<DatasetRow>(),
  /** Forgets an added dataset; its files stay. */
  'datasets.remove': call(z.strictObject({ name })).returns<null>(),
  'datasets.openFolder': call(z.strictObject({ name })).returns<null>(),
  'datasets.thumbnails': call(
    z.strictObject({
      name,
      split: z.string().min(1).max(200),
      from: z.int().min(0),
      count: z.int().min(1).max(500),
      task,
    }),
  ).returns<Thumbnails>(),
} as const;
