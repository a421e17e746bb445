// The names of Python's library and of numpy that a checkpoint's pickle uses for plain data. Knows nothing of torch.
import {
  type Builder,
  type Builders,
  type PickleValue,
  PyDict,
  PyGlobal,
  PyList,
  PyMade,
  PyOpaque,
  PySet,
  PyTuple,
} from './pickle-values.ts';

/** numpy.dtype: kind and size as in its name (`f8`), byte order set by BUILD. */
class NumpyType extends PyMade {
  readonly code: string;
  bigEndian = false;
  constructor(code: string) {
    super();
    this.code = code;
  }
  override setState(state: PickleValue): void {
    if (state instanceof PyTuple) this.bigEndian = state.items[1] === '>';
  }
}

const dict: Builder = (args) => {
  const made = new PyDict();
  const [from] = args;
  if (from instanceof PyDict) for (const [key, value] of from.entries) made.entries.set(key, value);
  else if (from instanceof PyList || from instanceof PyTuple)
    for (const pair of from.items) {
      const [key, value] = pair instanceof PyTuple || pair instanceof PyList ? pair.items : [];
      if (key === undefined || value === undefined) return undefined;
      made.entries.set(key, value);
    }
  else if (args.length > 0) return undefined;
  return made;
};

const itemsOf = (value: PickleValue | undefined): readonly PickleValue[] | undefined =>
  value instanceof PyList || value instanceof PyTuple || value instanceof PySet ? value.items : undefined;

const set: Builder = ([items]) => {
  const made = new PySet();
  for (const item of itemsOf(items) ?? []) made.items.push(item);
  return made;
};

/** How protocol 2 writes bytes: text to be encoded as Latin-1. */
const encode: Builder = ([text, encoding]) =>
  typeof text === 'string' && encoding === 'latin1' ? new Uint8Array(Buffer.from(text, 'latin1')) : undefined;

/** How protocols 0 and 1 write an object: its class alone; its attributes follow by BUILD. */
const reconstruct: Builder = ([type]) =>
  type instanceof PyGlobal ? new PyOpaque(type.name, new PyTuple([])) : undefined;

const numpyType: Builder = ([code]) => (typeof code === 'string' ? new NumpyType(code) : undefined);

/** numpy.float64(…) and its like, as a number. */
const numpyScalar: Builder = ([type, data]) => {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  if (!(type instanceof NumpyType) || !(bytes instanceof Uint8Array)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (Number(type.code.slice(1)) !== bytes.length) return undefined;
  const little = !type.bigEndian;
  switch (type.code) {
    case 'f8':
      return view.getFloat64(0, little);
    case 'f4':
      return view.getFloat32(0, little);
    case 'i8':
      return exact(view.getBigInt64(0, little));
    case 'u8':
      return exact(view.getBigUint64(0, little));
    case 'i4':
      return view.getInt32(0, little);
    case 'u4':
      return view.getUint32(0, little);
    case 'i2':
      return view.getInt16(0, little);
    case 'u2':
      return view.getUint16(0, little);
    case 'i1':
      return view.getInt8(0);
    case 'u1':
      return view.getUint8(0);
    case 'b1':
      return view.getUint8(0) !== 0;
    default:
      return undefined;
  }
};

const exact = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

export const knownBuilders: Builders = new Map<string, Builder>([
  ['collections.OrderedDict', dict],
  ['collections.defaultdict', () => new PyDict()],
  ['builtins.dict', dict],
  ['__builtin__.dict', dict],
  ['builtins.set', set],
  ['__builtin__.set', set],
  ['builtins.frozenset', set],
  ['__builtin__.frozenset', set],
  ['_codecs.encode', encode],
  ['__builtin__.bytes', (args) => (args.length === 0 ? new Uint8Array() : undefined)],
  ['copyreg._reconstructor', reconstruct],
  ['copy_reg._reconstructor', reconstruct],
  ['numpy.dtype', numpyType],
  ['numpy.core.multiarray.scalar', numpyScalar],
  ['numpy._core.multiarray.scalar', numpyScalar],
]);
