// Checkpoints of torch.save: a zip of one pickle and the storages its tensors are views of, read where they lie. Runs nothing.
// Knows nothing of models.
import { elementBytes } from './dtypes.ts';
import { type ByteSource, checkpointInvalid } from './file-bytes.ts';
import { some, withoutPrefixes } from './names.ts';
import { readPickle } from './pickle.ts';
import { PickleError } from './pickle-bytes.ts';
import { type Container, type TensorFile, tensorFile } from './tensor-file.ts';
import { type StoredTensor, storageOf, torchBuilders } from './torch-values.ts';
import { elementsOf, spanOf, type View } from './views.ts';
import { chooseWeights, NoWeightsError } from './weight-sets.ts';
import { unpack, type ZipEntry } from './zip.ts';

const container: Container = 'pytorch zip';
const pickleCap = 2 ** 26;

export interface OpenedZip {
  path: string;
  /** Size of the file. */
  bytes: number;
  entries: readonly ZipEntry[];
  close(): void;
}

/** Whether the entries are those of torch.save (or of TorchScript). */
export const isTorchZip = (entries: readonly ZipEntry[]): boolean => entries.some((e) => isPickle(e.name));
const isPickle = (name: string): boolean => /^([^/]+\/)?data\.pkl$/.test(name);

/**
 * The weights of the set `weights`, or of the preferred one. Throws CHECKPOINT_INVALID for anything but a whole file of
 * tensors by name; a TorchScript archive and a pickled module are refused by name.
 */
export function openTorchZip(zip: OpenedZip, weights?: string): TensorFile {
  const { path } = zip;
  const entries = new Map(zip.entries.map((e) => [e.name, e]));
  const pickle = zip.entries.find((e) => isPickle(e.name));
  if (!pickle) throw checkpointInvalid(path, 'expected data.pkl in the zip, found none');
  const root = pickle.name.slice(0, -'data.pkl'.length);
  if (entries.has(`${root}constants.pkl`) || zip.entries.some((e) => e.name.startsWith(`${root}code/`)))
    throw checkpointInvalid(
      path,
      'is a TorchScript archive (a program), not a checkpoint',
      undefined,
      'Save its weights alone: torch.save(torch.jit.load(file).state_dict(), "weights.pth").',
    );
  try {
    const value = readPickle(unpack(path, pickle, pickleCap), { builders: torchBuilders, persistent: storageOf });
    const chosen = chooseWeights(value, weights);
    const storages = new Storages(path, entries, root);
    const named = withoutPrefixes(chosen.tensors);
    const views = new Map([...named.tensors].map(([name, tensor]) => [name, storages.view(name, tensor)]));
    checkTotal(path, zip.bytes, views);
    return tensorFile({
      path,
      container,
      bytes: zip.bytes,
      metadata: chosen.metadata,
      views,
      notes: [...chosen.notes, ...named.notes, ...sharing(named.tensors)],
      weightSets: chosen.weightSets,
      weights: chosen.weights,
      close: zip.close,
    });
  } catch (e) {
    if (e instanceof PickleError) throw checkpointInvalid(path, `${pickle.name}: ${e.message}`);
    if (e instanceof NoWeightsError) throw checkpointInvalid(path, e.message, undefined, e.hint);
    throw e;
  }
}

/** The entries that storages lie in, found by their keys and checked once. */
class Storages {
  readonly #path: string;
  readonly #entries: ReadonlyMap<string, ZipEntry>;
  readonly #root: string;
  readonly #bigEndian: boolean;

  constructor(path: string, entries: ReadonlyMap<string, ZipEntry>, root: string) {
    this.#path = path;
    this.#entries = entries;
    this.#root = root;
    const order = entries.get(`${root}byteorder`);
    const text = order ? Buffer.from(unpack(path, order, 64)).toString('latin1') : 'little';
    if (text !== 'little' && text !== 'big')
      throw checkpointInvalid(path, 'byteorder: expected little or big, found something else');
    this.#bigEndian = text === 'big';
  }

  view(name: string, { storage, dtype, offset, shape, strides }: StoredTensor): View {
    const refuse = (message: string) => checkpointInvalid(this.#path, message, name);
    if (dtype === null) throw refuse(`${storage.type} is not read`);
    const source = this.#source(name, storage.key);
    const size = elementBytes[dtype];
    const expected = storage.type.endsWith('.UntypedStorage') ? storage.count : storage.count * size;
    if (expected !== source.bytes)
      throw refuse(`expected ${expected} bytes of storage ${storage.key}, found ${source.bytes}`);
    const view = { dtype, shape, strides, offset: offset * size, source, bigEndian: this.#bigEndian };
    const span = elementsOf(shape) === undefined ? undefined : spanOf(view);
    if (span === undefined || span > source.bytes)
      throw refuse(
        `[${shape.join(', ')}] with strides [${strides.join(', ')}] from ${offset} leaves its storage of ${source.bytes} bytes`,
      );
    return view;
  }

  #source(name: string, key: string): ByteSource {
    const entry = this.#entries.get(`${this.#root}data/${key}`);
    if (!entry) throw checkpointInvalid(this.#path, 'its storage is not in the file', name);
    if (entry.deflated)
      throw checkpointInvalid(
        this.#path,
        'its storage is compressed, which torch.save never does',
        name,
        'Unpack the archive and pack it again without compression, or save it again with torch.save.',
      );
    return entry.stored;
  }
}

/** Views repeat bytes of the file; a small file must not unfold to any size. */
function checkTotal(path: string, bytes: number, views: ReadonlyMap<string, View>): void {
  const cap = 8 * bytes + 2 ** 26;
  let total = 0;
  for (const [name, { dtype, shape }] of views) {
    total += (elementsOf(shape) ?? 0) * elementBytes[dtype];
    if (total > cap) throw checkpointInvalid(path, `views of shared storage unfold to more than ${cap} bytes`, name);
  }
}

/** Names of tensors that are views of one storage. */
function sharing(tensors: ReadonlyMap<string, StoredTensor>): string[] {
  const groups = new Map<string, string[]>();
  for (const [name, { storage }] of tensors) {
    const group = groups.get(storage.key);
    if (group) group.push(name);
    else groups.set(storage.key, [name]);
  }
  const shared = [...groups.values()].filter((names) => names.length > 1);
  const said = shared.slice(0, 4).map((names) => `share one storage: ${some(names)}`);
  return shared.length > 4 ? [...said, `${shared.length - 4} more storages are shared by several tensors`] : said;
}
