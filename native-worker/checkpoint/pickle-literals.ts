// Pickle's opcodes that stand for one plain value: numbers, text, bytes. Knows nothing of the stack.
import { type PickleBytes, PickleError } from './pickle-bytes.ts';
import type { PickleValue } from './pickle-values.ts';

/** The value of a literal opcode, its argument read; undefined, nothing read, for every other opcode. */
export function readLiteral(opcode: number, bytes: PickleBytes): PickleValue | undefined {
  switch (opcode) {
    case 0x4e: // NONE
      return null;
    case 0x88: // NEWTRUE
      return true;
    case 0x89: // NEWFALSE
      return false;
    case 0x49: // INT
      return bytes.intLine();
    case 0x4a: // BININT
      return bytes.i32();
    case 0x4b: // BININT1
      return bytes.u8();
    case 0x4d: // BININT2
      return bytes.u16();
    case 0x4c: // LONG
      return bytes.longLine();
    case 0x8a: // LONG1
      return bytes.long(bytes.u8());
    case 0x8b: // LONG4
      return bytes.long(bytes.u32());
    case 0x46: // FLOAT
      return bytes.floatLine();
    case 0x47: // BINFLOAT
      return bytes.f64();
    case 0x53: // STRING
      return bytes.quotedLine();
    case 0x54: // BINSTRING
      return bytes.latin1(bytes.u32());
    case 0x55: // SHORT_BINSTRING
      return bytes.latin1(bytes.u8());
    case 0x56: // UNICODE
      return bytes.unicodeLine();
    case 0x58: // BINUNICODE
      return bytes.utf8(bytes.u32());
    case 0x8c: // SHORT_BINUNICODE
      return bytes.utf8(bytes.u8());
    case 0x8d: // BINUNICODE8
      return bytes.utf8(bytes.u64());
    case 0x42: // BINBYTES
      return bytes.take(bytes.u32());
    case 0x43: // SHORT_BINBYTES
      return bytes.take(bytes.u8());
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      return bytes.take(bytes.u64());
    case 0x97: // NEXT_BUFFER
    case 0x98: // READONLY_BUFFER
      throw new PickleError('buffers kept outside the pickle');
    default:
      return undefined;
  }
}
