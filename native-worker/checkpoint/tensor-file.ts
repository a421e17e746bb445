// What every file of tensors offers, whatever container it came in. Knows nothing of containers, names or models.
import { asArray, asFloat32, type Dtype, elementBytes, type TensorArray } from './dtypes.ts';
import { checkpointInvalid } from './file-bytes.ts';
import { elementsOf, partAt, pieces, type View } from './views.ts';

export type Container = 'safetensors' | 'safetensors (sharded)' | 'pytorch zip' | 'npz';

export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Of the values, row-major and without holes; for a view of shared storage not what it takes in the file. */
  readonly bytes: number;
}

export interface TensorFile {
  readonly path: string;
  readonly container: Container;
  /** Size of the file, of all shards together. */
  readonly bytes: number;
  /** Text only; of a pickle, what lay beside the weights (epoch, args …) as JSON. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** In words: which weights were taken, prefixes dropped, tensors that share storage, what was left out. */
  readonly notes: readonly string[];
  /** Names of the sets of weights in the file (`model`, `model_ema` …); none where it holds one without a name. */
  readonly weightSets: readonly string[];
  /** The set that `tensors` shows; null where the file holds one without a name. */
  readonly weights: string | null;
  /** The values in their own type (F16 and BF16 as bits). Throws CHECKPOINT_INVALID for an unknown name. */
  read(name: string): TensorArray;
  /** The values as float32. Throws CHECKPOINT_INVALID for an unknown name or an 8-bit float. */
  readFloat32(name: string): Float32Array;
  /**
   * The values' bytes (little-endian, row-major) in order, in pieces of at most `maxBytes` and whole elements; nothing for an
   * empty tensor. Memory: one piece, 64 MiB more for a strided view, one whole tensor where the file is compressed. `at`:
   * only the values at that index of the first axis.
   */
  chunks(name: string, maxBytes: number, at?: number): Generator<Uint8Array<ArrayBuffer>>;
  close(): void;
}

export interface TensorFileParts {
  path: string;
  container: Container;
  bytes: number;
  metadata: Readonly<Record<string, string>>;
  views: ReadonlyMap<string, View>;
  notes?: readonly string[];
  weightSets?: readonly string[];
  weights?: string | null;
  close(): void;
}

/** A tensor's values in bytes. The shape has been checked: its product is an exact integer. */
export const bytesOf = ({ dtype, shape }: Pick<View, 'dtype' | 'shape'>): number =>
  (elementsOf(shape) ?? Number.POSITIVE_INFINITY) * elementBytes[dtype];

/** Views that were checked to lie inside their sources, as a file. */
export function tensorFile(parts: TensorFileParts): TensorFile {
  const { path, views } = parts;
  const viewOf = (name: string): View => {
    const view = views.get(name);
    if (!view) throw checkpointInvalid(path, 'expected in the file, found none of that name', name);
    return view;
  };
  const load = (view: View): ArrayBuffer => {
    const [whole] = pieces(view, Math.max(1, bytesOf(view)));
    return whole?.buffer ?? new ArrayBuffer(0);
  };
  return {
    path,
    container: parts.container,
    bytes: parts.bytes,
    metadata: parts.metadata,
    tensors: new Map(
      [...views].map(([name, view]) => [name, { dtype: view.dtype, shape: view.shape, bytes: bytesOf(view) }]),
    ),
    notes: parts.notes ?? [],
    weightSets: parts.weightSets ?? [],
    weights: parts.weights ?? null,
    read(name) {
      const view = viewOf(name);
      return asArray(view.dtype, load(view));
    },
    readFloat32(name) {
      const view = viewOf(name);
      const values = asFloat32(view.dtype, load(view));
      if (!values) throw checkpointInvalid(path, `expected numbers readable as float32, found ${view.dtype}`, name);
      return values;
    },
    chunks: (name, maxBytes, at) => pieces(at === undefined ? viewOf(name) : partAt(viewOf(name), at), maxBytes),
    close: parts.close,
  };
}
