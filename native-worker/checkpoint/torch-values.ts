// What torch puts into a pickle: storages by persistent id and tensors as views of them. Knows nothing of zip files.
import type { Dtype } from './dtypes.ts';
import { shown } from './file-bytes.ts';
import { PickleError } from './pickle-bytes.ts';
import { knownBuilders } from './pickle-known.ts';
import { type Builder, type Builders, type PickleValue, PyGlobal, PyMade, PyTuple } from './pickle-values.ts';

/** Names in torch of the element types read here: of the storage, and of the dtype. */
const storageTypes = new Map<string, Dtype>([
  ['torch.FloatStorage', 'F32'],
  ['torch.DoubleStorage', 'F64'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
]);
const elementTypes = new Map<string, Dtype>([
  ['torch.float32', 'F32'],
  ['torch.float64', 'F64'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.int64', 'I64'],
  ['torch.int32', 'I32'],
  ['torch.int16', 'I16'],
  ['torch.int8', 'I8'],
  ['torch.uint8', 'U8'],
  ['torch.uint16', 'U16'],
  ['torch.uint32', 'U32'],
  ['torch.uint64', 'U64'],
  ['torch.bool', 'BOOL'],
  ['torch.float8_e4m3fn', 'F8_E4M3'],
  ['torch.float8_e5m2', 'F8_E5M2'],
]);
const untypedStorages = ['torch.storage.UntypedStorage', 'torch.UntypedStorage'];

/** A run of elements that lies beside the pickle under its key. */
export class StoredElements extends PyMade {
  readonly key: string;
  /** torch's name of the type. */
  readonly type: string;
  /** Elements, or bytes of an untyped one. */
  readonly count: number;
  constructor(key: string, type: string, count: number) {
    super();
    this.key = key;
    this.type = type;
    this.count = count;
  }
}

/** A view of stored elements; `dtype` is null for a type that is not read (complex, quantised). */
export class StoredTensor extends PyMade {
  readonly storage: StoredElements;
  readonly dtype: Dtype | null;
  /** In elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(from: Pick<StoredTensor, 'storage' | 'dtype' | 'offset' | 'shape' | 'strides'>) {
    super();
    this.storage = from.storage;
    this.dtype = from.dtype;
    this.offset = from.offset;
    this.shape = from.shape;
    this.strides = from.strides;
  }
}

/** ('storage', type, key, where it was, elements). Throws PickleError for any other id. */
export function storageOf(id: PickleValue): StoredElements {
  const [tag, type, key, , count] = id instanceof PyTuple ? id.items : [];
  if (tag !== 'storage' || !(type instanceof PyGlobal) || typeof key !== 'string' || !isCount(count))
    throw new PickleError('a persistent id that is no storage of torch');
  return new StoredElements(key, type.name, count);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const rankCap = 64;

function countsOf(value: PickleValue | undefined, what: string): readonly number[] {
  const items = value instanceof PyTuple ? value.items : undefined;
  if (!items?.every(isCount)) throw new PickleError(`a tensor whose ${what} is no tuple of sizes`);
  if (items.length > rankCap) throw new PickleError(`a tensor of ${items.length} axes`);
  return items;
}

function tensor(args: readonly PickleValue[], dtype: (storage: StoredElements) => Dtype | null): StoredTensor {
  const [storage, offset, size, stride] = args;
  if (!(storage instanceof StoredElements)) throw new PickleError('a tensor without a storage');
  if (!isCount(offset)) throw new PickleError('a tensor whose offset is no count');
  const [shape, strides] = [countsOf(size, 'shape'), countsOf(stride, 'stride')];
  if (shape.length !== strides.length)
    throw new PickleError(`a tensor of ${shape.length} axes with ${strides.length} strides`);
  return new StoredTensor({ storage, dtype: dtype(storage), offset, shape, strides });
}

const typed: Builder = (args) => tensor(args, ({ type }) => storageTypes.get(type) ?? null);

/** (storage, offset, size, stride, requires_grad, hooks, dtype, metadata). */
const withDtype: Builder = (args) => {
  const dtype = args[6];
  return tensor(args, ({ type }) => {
    if (!(dtype instanceof PyGlobal) || !untypedStorages.includes(type)) return null;
    return elementTypes.get(dtype.name) ?? null;
  });
};

/** A parameter is its tensor. */
const inner: Builder = ([data]) => data;

/** torch.Size of a tuple. */
const size: Builder = ([items]) => (items instanceof PyTuple ? items : new PyTuple([]));

/** (function, type, arguments, state): a tensor with attributes of its own. */
const fromType: Builder = ([callable, , args]) => {
  const build = callable instanceof PyGlobal ? tensorBuilders.get(callable.name) : undefined;
  return build && args instanceof PyTuple ? build(args.items) : undefined;
};

const tensorBuilders: Builders = new Map<string, Builder>([
  ['torch._utils._rebuild_tensor', typed],
  ['torch._utils._rebuild_tensor_v2', typed],
  ['torch._utils._rebuild_tensor_v3', withDtype],
  ['torch._utils._rebuild_parameter', inner],
  ['torch._utils._rebuild_parameter_with_state', inner],
]);

export const torchBuilders: Builders = new Map<string, Builder>([
  ...knownBuilders,
  ...tensorBuilders,
  ['torch._tensor._rebuild_from_type_v2', fromType],
  ['torch.Size', size],
]);

/** A type in words, for a tensor that is left out. */
export const typeText = ({ storage }: StoredTensor): string => shown(storage.type.replace(/^torch\./, ''));
