// Opening the committed checkpoints (tests/fixtures/checkpoints/make.py) and files made on the spot.
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { UnsmoothError } from '../../contract/errors.ts';
import { openTensors } from '../../native-worker/checkpoint/open.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import type { TensorFile } from '../../native-worker/checkpoint/tensor-file.ts';

export const fixture = (...name: string[]): string =>
  join(import.meta.dirname, '..', 'fixtures', 'checkpoints', ...name);

export interface ReadTensor {
  dtype: string;
  shape: readonly number[];
  values: ArrayLike<number | bigint>;
}

/** Every tensor, as read whole; throws unless the pieces say the same. */
export function allOf(file: TensorFile): Record<string, ReadTensor> {
  const out: Record<string, ReadTensor> = {};
  for (const [name, { dtype, shape, bytes }] of file.tensors) {
    const values = file.read(name);
    const whole = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const pieces = [...file.chunks(name, 24)];
    if (whole.length !== bytes || pieces.some((p) => p.length > 24) || !Buffer.concat(pieces).equals(whole))
      throw new Error(`${name}: the pieces are not the whole`);
    out[name] = { dtype, shape, values };
  }
  return out;
}

/** What the library itself loads from the fixture, as make.py wrote it beside it. */
export function expectedOf(name: string): Record<string, ReadTensor> {
  const file = readSafetensors(fixture(`${name}.expected.safetensors`));
  try {
    return allOf(file);
  } finally {
    file.close();
  }
}

/** The error that opening and reading everything ends with; throws when there is none or it is no UnsmoothError. */
export async function refusalOf(path: string, weights?: string): Promise<UnsmoothError> {
  let file: TensorFile | undefined;
  try {
    file = await openTensors(path, weights === undefined ? {} : { weights });
    allOf(file);
  } catch (e) {
    if (e instanceof UnsmoothError) return e;
    throw e;
  } finally {
    file?.close();
  }
  throw new Error(`${path} was read without a complaint`);
}

export interface Member {
  name: string;
  data: Uint8Array;
  deflate?: boolean;
  /** What the directory says of its size unpacked, where that is a lie. */
  bytes?: number;
}

/** A zip file; `lie` may change the directory's records before they are joined. */
export function zipOf(members: readonly Member[], lie?: (records: Buffer[]) => void): Buffer {
  const parts: Buffer[] = [];
  const records: Buffer[] = [];
  let at = 0;
  for (const { name, data, deflate, bytes } of members) {
    const packed = deflate ? deflateRawSync(data) : Buffer.from(data);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(deflate ? 8 : 0, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(bytes ?? data.length, 22);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(20, 4);
    record.writeUInt16LE(20, 6);
    local.copy(record, 10, 8, 30);
    record.writeUInt32LE(at, 42);
    records.push(Buffer.concat([record, Buffer.from(name)]));
    parts.push(local, Buffer.from(name), packed);
    at += 30 + Buffer.byteLength(name) + packed.length;
  }
  lie?.(records);
  const directory = Buffer.concat(records);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(records.length, 8);
  end.writeUInt16LE(records.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** A file of torch.save around a pickle, with storages by key. */
export function torchZipOf(pickle: Uint8Array, storages: Readonly<Record<string, Uint8Array>> = {}): Buffer {
  return zipOf([
    { name: 'a/data.pkl', data: pickle },
    ...Object.entries(storages).map(([key, data]) => ({ name: `a/data/${key}`, data })),
  ]);
}

/** A .npy of version 1 with that header, whatever the data. */
export function npyOf(header: string, data: Uint8Array): Buffer {
  const text = Buffer.from(`${header}\n`, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, text, data]);
}

/** Pieces of a pickle by hand, as Latin-1 text. */
export const py = {
  text: (s: string): string => `X${u32(Buffer.byteLength(s))}${Buffer.from(s).toString('latin1')}`,
  int: (n: number | bigint | string): string => `L${n}L\n`,
  tuple: (...items: string[]): string => `(${items.join('')}t`,
  dict: (entries: Readonly<Record<string, string>>): string =>
    `}(${Object.entries(entries)
      .map(([key, value]) => py.text(key) + value)
      .join('')}u`,
  global: (module: string, name: string): string => `c${module}\n${name}\n`,
  call: (callable: string, ...args: string[]): string => `${callable}${py.tuple(...args)}R`,
  storage: (key: string, count: number | bigint, type = 'FloatStorage'): string =>
    `${py.tuple(py.text('storage'), py.global('torch', type), py.text(key), py.text('cpu'), py.int(count))}Q`,
  tensor: (
    storage: string,
    offset: number | bigint,
    shape: (number | bigint)[],
    strides: (number | bigint)[],
  ): string =>
    py.call(
      py.global('torch._utils', '_rebuild_tensor_v2'),
      storage,
      py.int(offset),
      py.tuple(...shape.map(py.int)),
      py.tuple(...strides.map(py.int)),
      '\x89',
      '}',
    ),
  bytes: (text: string): Buffer => Buffer.from(`\x80\x02${text}.`, 'latin1'),
};

function u32(n: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes.toString('latin1');
}
