// The arguments of pickle's opcodes: numbers, lengths, text, each checked against what is left. Knows nothing of the machine.

/** A pickle that is not whole, not well-formed, or beyond a cap. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

/** Digits of one integer; a longer one has no use in a checkpoint and costs more than its length to read. */
const digitCap = 1000;

export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws unless that many bytes are left. */
  expect(count: number): void {
    const left = this.#bytes.length - this.position;
    if (!(count <= left)) throw new PickleError(`expected ${count} more bytes at byte ${this.position}, found ${left}`);
  }

  #advance(count: number): number {
    this.expect(count);
    const at = this.position;
    this.position += count;
    return at;
  }

  u8 = (): number => this.#view.getUint8(this.#advance(1));
  u16 = (): number => this.#view.getUint16(this.#advance(2), true);
  i32 = (): number => this.#view.getInt32(this.#advance(4), true);
  u32 = (): number => this.#view.getUint32(this.#advance(4), true);
  f64 = (): number => this.#view.getFloat64(this.#advance(8), false);
  /** Inexact beyond 2^53, where no length can be met anyway. */
  u64 = (): number => Number(this.#view.getBigUint64(this.#advance(8), true));

  take(count: number): Uint8Array {
    const at = this.#advance(count);
    return this.#bytes.subarray(at, at + count);
  }

  utf8(count: number): string {
    const bytes = this.take(count);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }

  latin1(count: number): string {
    const bytes = this.take(count);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }

  /** Two's complement, little-endian. */
  long(count: number): number | bigint {
    if (count > digitCap) throw new PickleError(`an integer of ${count} bytes`);
    let value = 0n;
    for (const byte of this.take(count).toReversed()) value = (value << 8n) | BigInt(byte);
    return plain(BigInt.asIntN(count * 8, value));
  }

  line(encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new PickleError(`a line at byte ${this.position} without an end`);
    const text = this[encoding](end - this.position);
    this.position++;
    return text;
  }

  /** INT: `01` and `00` are the booleans of protocol 0. */
  intLine(): number | bigint | boolean {
    const text = this.line();
    return text === '01' ? true : text === '00' ? false : integer(text);
  }

  longLine = (): number | bigint => integer(this.line().replace(/L$/, ''));

  indexLine(): number {
    const index = integer(this.line());
    if (typeof index !== 'number' || index < 0) throw new PickleError('a place in the memo that is no index');
    return index;
  }

  floatLine(): number {
    const text = this.line().trim();
    const special = specialFloats.get(text.toLowerCase());
    if (special !== undefined) return special;
    if (!/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text) || Number.isNaN(Number(text)))
      throw new PickleError('a float that is no number');
    return Number(text);
  }

  /** STRING: Python's repr of bytes, taken as Latin-1. */
  quotedLine(): string {
    const text = this.line('latin1').trim();
    const quote = text.at(0);
    if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote)
      throw new PickleError('a string without quotes');
    return unescaped(text.slice(1, -1), /\\(?:x([0-9a-f]{2})|([\\'"abfnrtv]))/gi);
  }

  /** UNICODE: raw-unicode-escape. */
  unicodeLine = (): string => unescaped(this.line('latin1'), /\\(?:u([0-9a-f]{4})|U([0-9a-f]{8}))/g);
}

const specialFloats = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
]);

const escapes = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

function unescaped(text: string, pattern: RegExp): string {
  return text.replace(pattern, (whole, first: string | undefined, second: string | undefined) => {
    if (first === undefined && second?.length === 1) return escapes.get(second) ?? second;
    const code = Number.parseInt(first ?? second ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function integer(text: string): number | bigint {
  const trimmed = text.trim();
  if (!/^[-+]?\d+$/.test(trimmed)) throw new PickleError('an integer that is no number');
  if (trimmed.length > digitCap) throw new PickleError(`an integer of ${trimmed.length} digits`);
  return plain(BigInt(trimmed.replace(/^\+/, '')));
}

/** A number where that is exact. */
const plain = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
