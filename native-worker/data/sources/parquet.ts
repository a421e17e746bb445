// Samples that are rows of Parquet files. A row group is read whole; the last few are kept: as many as the reader was opened for,
// or bounded in bytes.
import { UnsmoothError } from '../../../contract/errors.ts';
import { shown } from '../names.ts';
import { openParquetFile, type ParquetFile } from '../parquet-file.ts';
import type { ParquetSource, SampleReader } from '../samples.ts';
import { shardPath } from '../shards.ts';
import { checkEncodedSize, unreadable } from './unreadable.ts';

/** Of row groups kept by a reader that was not told how many, beside the one that is read from. */
const mostKeptBytes = 64 << 20;
const mostOpenFiles = 4;

/** The bytes of an image cell: binary, or a struct {bytes, path}; undefined where there are none. */
export function imageBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'object' && value !== null && 'bytes' in value) return imageBytes(value.bytes);
  return undefined;
}

interface Group {
  images: (Uint8Array | undefined)[];
  bytes: number;
}

export function parquetSamples({ root, files, column, groups }: ParquetSource, keptGroups?: number): SampleReader {
  const open = new Map<number, ParquetFile>();
  const kept = new Map<number, Promise<Group>>();
  /** Bytes of those that are there. */
  const loaded = new Map<number, number>();

  /** Place of the row group that holds sample i. */
  const placeOf = (i: number): number => {
    let [low, high] = [0, groups.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (groups[middle]![0] <= i) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const fileAt = (file: number): ParquetFile => {
    const path = shardPath(root, files[file] ?? '');
    const found = open.get(file) ?? openParquetFile(path, shown(path));
    open.delete(file);
    open.set(file, found);
    const oldest = open.size > mostOpenFiles ? open.entries().next().value : undefined;
    if (oldest) {
      oldest[1].close();
      open.delete(oldest[0]);
    }
    return found;
  };
  const load = async (place: number): Promise<Group> => {
    const [, file, group] = groups[place]!;
    const images = (await fileAt(file).readGroup(column, group)).map(imageBytes);
    return { images, bytes: images.reduce((n, b) => n + (b?.length ?? 0), 0) };
  };
  /** Several samples may be asked for at once: a group is loaded once for all of them. */
  const groupAt = async (place: number): Promise<Group> => {
    const loading = kept.get(place) ?? load(place);
    kept.delete(place);
    kept.set(place, loading);
    try {
      const group = await loading;
      loaded.set(place, group.bytes);
      forget(place);
      return group;
    } catch (e) {
      kept.delete(place);
      throw e;
    }
  };
  /** The least recently used, until the rest is small enough; never the one at `place`. */
  const forget = (place: number): void => {
    let bytes = [...loaded.values()].reduce((a, b) => a + b, 0);
    const isEnough = () => (keptGroups === undefined ? bytes <= mostKeptBytes : loaded.size <= keptGroups);
    for (const oldest of kept.keys()) {
      if (isEnough()) return;
      if (oldest === place || !loaded.has(oldest)) continue;
      bytes -= loaded.get(oldest) ?? 0;
      kept.delete(oldest);
      loaded.delete(oldest);
    }
  };
  const where = (i: number): string => {
    const [first, file] = groups[placeOf(i)]!;
    const before = groups.filter(([f, other]) => other === file && f < first);
    return `${shown(shardPath(root, files[file] ?? ''))}: row ${i - (before[0]?.[0] ?? first)}`;
  };
  return {
    async read(i) {
      try {
        const place = placeOf(i);
        const encoded = (await groupAt(place)).images[i - groups[place]![0]];
        if (!encoded) throw new UnsmoothError('DATASET_INVALID', `column ${column} holds no bytes here`);
        checkEncodedSize(encoded.length);
        return { encoded };
      } catch (e) {
        throw unreadable(where(i), e);
      }
    },
    where,
    close: async () => {
      for (const file of open.values()) file.close();
      open.clear();
      kept.clear();
      loaded.clear();
    },
  };
}
