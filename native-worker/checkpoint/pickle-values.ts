// What a pickle holds, as inert data: no Python object becomes anything that could run. Knows nothing of opcodes.

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyList
  | PyTuple
  | PySet
  | PyDict
  | PyGlobal
  | PyOpaque
  | PyMade;

export class PyList {
  readonly items: PickleValue[] = [];
}

export class PyTuple {
  readonly items: readonly PickleValue[];
  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class PySet {
  readonly items: PickleValue[] = [];
}

/** Also OrderedDict, defaultdict. Keys that are no plain values are kept by identity. */
export class PyDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** A name of Python's, `module.qualified`; never resolved. */
export class PyGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a class or a result of a call that this reader does not know, with all that was said of it. */
export class PyOpaque {
  /** Class or function; what was called where that was no name. */
  readonly name: string;
  readonly args: PickleValue;
  state: PickleValue = null;
  /** Items that were set on it, as on a subclass of dict; made when there are any. */
  dict: PyDict | null = null;
  constructor(name: string, args: PickleValue) {
    this.name = name;
    this.args = args;
  }
}

/** Base of values that a reader's own builders make (tensors, storages, element types). */
export class PyMade {
  /** BUILD: what Python would give to `__setstate__`. */
  setState(_state: PickleValue): void {}
}

/** Makes a value of the arguments that Python would call a known name with; undefined keeps the call opaque. */
export type Builder = (args: readonly PickleValue[]) => PickleValue | undefined;
export type Builders = ReadonlyMap<string, Builder>;

/** The entries of a dict or of an opaque subclass of one; undefined for anything else. */
export function dictOf(value: PickleValue | undefined): PyDict | undefined {
  if (value instanceof PyDict) return value;
  return value instanceof PyOpaque && value.dict ? value.dict : undefined;
}
