// Datasets as the window sees them.
import { z } from 'zod';
import { datasetKinds } from '../recipe.ts';
import type { DatasetFindings, SavedDataset } from '../saved/dataset.ts';
import { datasetChecks } from '../worker-api.ts';
import { call } from './call.ts';

/** What can be known of a dataset without reading it. */
export interface DatasetShape {
  classes: number;
  channels: number;
  /** Of every image; null: each has its own. */
  size: { width: number; height: number } | null;
  /** Images by split. */
  splits: Record<string, number>;
  /** Those of them without a label, of splits that have any. */
  unlabelled: Record<string, number>;
}

export interface DatasetRow {
  name: string;
  origin: 'built-in' | 'added';
  /** available: its folder is there; missing: it is not; broken: its description cannot be read. */
  state: 'available' | 'missing' | 'broken';
  kind: string | null;
  path: string | null;
  /** What was found when it was added; null for a built-in one. */
  saved: SavedDataset | null;
  /** null where nothing is known yet. */
  shape: DatasetShape | null;
  /** Folders there are newer than what was found. */
  changed: boolean;
  /** How to get it, or what is wrong; empty where it is available. */
  note: string;
}

/** Counts, classes, statistics and problems. */
export type DatasetDescription = DatasetFindings;

export interface Thumbnails {
  width: number;
  height: number;
  channels: number;
  /** Images of the split in all. */
  total: number;
  /** Class of each image; -1: it has none. */
  labels: number[];
  /** uint8, images x height x width x channels. */
  pixels: Uint8Array;
}

const name = z.string().min(1).max(4096);
const task = z.string().min(1).max(100);
/** null: detected by what is there. */
const kind = z.enum(datasetKinds).nullable();
const check = z.enum(datasetChecks);

export const datasetCalls = {
  'datasets.list': call(z.strictObject({})).returns<DatasetRow[]>(),
  /** As it was found when it was added or last checked; a built-in one is read. */
  'datasets.describe': call(z.strictObject({ name, task })).returns<DatasetDescription>(),
  /** Reads a folder or file and gives it a name (its own by default). Throws DATASET_NOT_FOUND, DATASET_INVALID, USAGE. */
  'datasets.add': call(
    z.strictObject({ path: name, name: z.string().min(1).max(80).nullable(), kind, check, task }),
  ).returns<DatasetRow>(),
  /**
   * Reads it anew, an added one as `kind` (absent: as it was added), and keeps what is found. When it fails or is cancelled the
   * earlier findings stay. Throws DATASET_NOT_FOUND, DATASET_INVALID.
   */
  'datasets.check': call(z.strictObject({ name, kind: kind.optional(), check, task })).returns<DatasetDescription>(),
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
