// An inert reader of Python's pickle, protocols 0 to 5: it builds data and runs nothing. A name is looked up in the given table
// of builders and nowhere else. Knows nothing of torch or numpy.

import { PickleBytes, PickleError } from './pickle-bytes.ts';
import { readLiteral } from './pickle-literals.ts';
import {
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

export interface PickleReading {
  builders: Builders;
  /** What a persistent id stands for. Throws PickleError for one it does not know. */
  persistent(id: PickleValue): PickleValue;
}

/** Opcodes, objects made, and marks open that one pickle may have; far above those of checkpoints with their optimiser. */
const operationCap = 5_000_000;
const objectCap = 500_000;
const depthCap = 10_000;

/** The value that the pickle leaves. Throws PickleError for anything but a whole, well-formed pickle within the caps. */
export function readPickle(bytes: Uint8Array, reading: PickleReading): PickleValue {
  return new Machine(bytes, reading).run();
}

/** The pickle machine: a stack, marks on it, a memo. */
class Machine {
  readonly #in: PickleBytes;
  readonly #reading: PickleReading;
  #stack: PickleValue[] = [];
  readonly #marks: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  #objects = 0;

  constructor(bytes: Uint8Array, reading: PickleReading) {
    this.#in = new PickleBytes(bytes);
    this.#reading = reading;
  }

  run(): PickleValue {
    for (let done = 0; done < operationCap; done++) {
      const opcode = this.#in.u8();
      if (opcode === 0x2e) return this.#pop(); // STOP
      const literal = readLiteral(opcode, this.#in);
      if (literal === undefined) this.#step(opcode);
      else this.#push(literal);
    }
    throw new PickleError(`more than ${operationCap} operations`);
  }

  #step(opcode: number): void {
    const bytes = this.#in;
    // The names are those of Python's pickletools.
    switch (opcode) {
      case 0x80: {
        // PROTO
        const version = bytes.u8();
        if (version > 5) throw new PickleError(`protocol ${version}, expected 0 to 5`);
        return;
      }
      case 0x95: // FRAME
        bytes.expect(bytes.u64());
        return;
      case 0x28: // MARK
        if (this.#marks.length >= depthCap) throw new PickleError(`more than ${depthCap} marks`);
        this.#marks.push(this.#stack);
        this.#stack = [];
        return;
      case 0x30: // POP
        if (this.#stack.length === 0) this.#popMark();
        else this.#stack.pop();
        return;
      case 0x31: // POP_MARK
        this.#popMark();
        return;
      case 0x32: // DUP
        this.#push(this.#top());
        return;

      case 0x29: // EMPTY_TUPLE
        this.#push(this.#made(new PyTuple([])));
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#push(this.#made(new PyTuple(this.#popMany(opcode - 0x84))));
        return;
      case 0x74: // TUPLE
        this.#push(this.#made(new PyTuple(this.#popMark())));
        return;
      case 0x5d: // EMPTY_LIST
        this.#push(this.#made(new PyList()));
        return;
      case 0x6c: // LIST
        this.#push(append(this.#made(new PyList()), this.#popMark()));
        return;
      case 0x61: // APPEND
      case 0x65: // APPENDS
      case 0x90: {
        // ADDITEMS
        const items = opcode === 0x61 ? [this.#pop()] : this.#popMark();
        append(this.#top(), items);
        return;
      }
      case 0x8f: // EMPTY_SET
        this.#push(this.#made(new PySet()));
        return;
      case 0x91: // FROZENSET
        this.#push(append(this.#made(new PySet()), this.#popMark()));
        return;
      case 0x7d: // EMPTY_DICT
        this.#push(this.#made(new PyDict()));
        return;
      case 0x64: // DICT
        this.#push(this.#setItems(this.#made(new PyDict()), this.#popMark()));
        return;
      case 0x73: // SETITEM
      case 0x75: {
        // SETITEMS
        const items = opcode === 0x73 ? this.#popMany(2) : this.#popMark();
        this.#setItems(this.#top(), items);
        return;
      }

      case 0x67: // GET
        this.#push(this.#recall(bytes.indexLine()));
        return;
      case 0x68: // BINGET
        this.#push(this.#recall(bytes.u8()));
        return;
      case 0x6a: // LONG_BINGET
        this.#push(this.#recall(bytes.u32()));
        return;
      case 0x70: // PUT
        this.#memo.set(bytes.indexLine(), this.#top());
        return;
      case 0x71: // BINPUT
        this.#memo.set(bytes.u8(), this.#top());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(bytes.u32(), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;

      case 0x63: // GLOBAL
        this.#push(this.#made(new PyGlobal(`${bytes.line()}.${bytes.line()}`)));
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') throw new PickleError('a name that is no text');
        this.#push(this.#made(new PyGlobal(`${module}.${name}`)));
        return;
      }
      case 0x82: // EXT1
        this.#push(this.#made(new PyGlobal(`copyreg.extension${bytes.u8()}`)));
        return;
      case 0x83: // EXT2
        this.#push(this.#made(new PyGlobal(`copyreg.extension${bytes.u16()}`)));
        return;
      case 0x84: // EXT4
        this.#push(this.#made(new PyGlobal(`copyreg.extension${bytes.u32()}`)));
        return;
      case 0x50: // PERSID
        this.#push(this.#reading.persistent(bytes.line()));
        return;
      case 0x51: // BINPERSID
        this.#push(this.#reading.persistent(this.#pop()));
        return;

      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callable = null, args = null] = this.#popMany(2);
        this.#push(this.#call(callable, args));
        return;
      }
      case 0x92: {
        // NEWOBJ_EX
        const [callable = null, args = null] = this.#popMany(3);
        this.#push(this.#call(callable, args));
        return;
      }
      case 0x6f: {
        // OBJ
        const [callable = null, ...args] = this.#popMark();
        this.#push(this.#call(callable, new PyTuple(args)));
        return;
      }
      case 0x69: {
        // INST
        const callable = new PyGlobal(`${bytes.line()}.${bytes.line()}`);
        this.#push(this.#call(callable, new PyTuple(this.#popMark())));
        return;
      }
      case 0x62: {
        // BUILD
        const state = this.#pop();
        const object = this.#top();
        if (object instanceof PyOpaque) object.state = state;
        else if (object instanceof PyMade) object.setState(state);
        return;
      }
      default:
        throw new PickleError(`unknown opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${bytes.position - 1}`);
    }
  }

  /** What Python would get by calling: made by a known builder, or an opaque record of the call. */
  #call(callable: PickleValue, args: PickleValue): PickleValue {
    const name = callable instanceof PyGlobal ? callable.name : 'a value that is no name';
    const build =
      callable instanceof PyGlobal && args instanceof PyTuple ? this.#reading.builders.get(name) : undefined;
    const made = build && args instanceof PyTuple ? build(args.items) : undefined;
    return this.#made(made === undefined ? new PyOpaque(name, args) : made);
  }

  #made<T extends PickleValue>(value: T): T {
    if (++this.#objects > objectCap) throw new PickleError(`more than ${objectCap} objects`);
    return value;
  }

  #setItems<T extends PickleValue>(target: T, items: readonly PickleValue[]): T {
    if (items.length % 2) throw new PickleError('a key without a value');
    if (target instanceof PyOpaque && !target.dict) target.dict = this.#made(new PyDict());
    const dict = target instanceof PyOpaque ? target.dict : target;
    if (!(dict instanceof PyDict)) throw new PickleError('items set on what is no dict');
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i] ?? null, items[i + 1] ?? null);
    return target;
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleError(`memo ${index} was never written`);
    return value;
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new PickleError('the stack is empty');
    return value;
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length < count) throw new PickleError('the stack is empty');
    return this.#stack.splice(-count);
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new PickleError('the stack is empty');
    return value;
  }

  #popMark(): PickleValue[] {
    const above = this.#stack;
    const below = this.#marks.pop();
    if (!below) throw new PickleError('no mark on the stack');
    this.#stack = below;
    return above;
  }
}

/** Items on a subclass of list are dropped: nothing here reads them. */
function append<T extends PickleValue>(target: T, items: readonly PickleValue[]): T {
  if (target instanceof PyList || target instanceof PySet) for (const item of items) target.items.push(item);
  else if (!(target instanceof PyOpaque)) throw new PickleError('items added to what is no list or set');
  return target;
}
