// Opens a file of weights by what is in it, never by its name's ending. Knows nothing of models.
import { closeSync, existsSync, fstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { checkpointInvalid, openFile, readFully, shown } from './file-bytes.ts';
import { withoutPrefixes } from './names.ts';
import { isNpz, openNpz } from './npz.ts';
import { headerCap, readSafetensors } from './safetensors.ts';
import { indexCap, openSharded } from './sharded.ts';
import type { TensorFile } from './tensor-file.ts';
import { isTorchZip, openTorchZip } from './torch-zip.ts';
import { readZip } from './zip.ts';

export interface OpenTensors {
  /** Name of a set of weights where the file has several (`model_ema`); the preferred one without it. */
  weights?: string;
}

/**
 * The tensors of a .safetensors, an index of shards, a zip of torch.save or of numpy.savez, or of the folder that holds one
 * of them under its usual name. Close it. Throws CHECKPOINT_NOT_FOUND, FILE_IO, or CHECKPOINT_INVALID: of another kind (said
 * which, where it is known), damaged, hostile, or without the set of weights asked for.
 */
export async function openTensors(given: string, { weights }: OpenTensors = {}): Promise<TensorFile> {
  const path = fileOf(given);
  const fd = openFile(path);
  let owned = true;
  const close = () => closeSync(fd);
  try {
    const bytes = fstatSync(fd).size;
    const head = Buffer.alloc(Math.min(512, bytes));
    readFully(fd, head, 0);
    if (head.toString('latin1', 0, 4) === 'PK\x03\x04') {
      const zip = { path, bytes, entries: await readZip(path, fd, bytes), close };
      const file = openZip(zip, weights);
      owned = false;
      return file;
    }
    refuseKnown(path, head);
    if (head[0] === 0x7b && !beginsSafetensors(head)) {
      if (bytes > indexCap) throw checkpointInvalid(path, `an index of ${bytes} bytes, expected at most ${indexCap}`);
      const text = Buffer.alloc(bytes);
      readFully(fd, text, 0);
      return unnamed(openSharded(path, text.toString('utf8')), weights);
    }
    return unnamed(readSafetensors(path), weights);
  } finally {
    if (owned) close();
  }
}

function openZip(zip: Parameters<typeof openTorchZip>[0], weights: string | undefined): TensorFile {
  if (isTorchZip(zip.entries)) return openTorchZip(zip, weights);
  if (isNpz(zip.entries)) return openNpz(zip, weights);
  const first = zip.entries[0]?.name;
  throw checkpointInvalid(
    zip.path,
    `is a zip of neither torch.save nor numpy.savez (${first === undefined ? 'empty' : `it begins with ${shown(first)}`})`,
    undefined,
    'Choose the file of weights itself: .safetensors, .pth, .pt, .bin or .npz.',
  );
}

const usualNames = ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin'];

/** A folder as the Hugging Face Hub lays it out stands for the weights in it. */
function fileOf(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const found = usualNames.map((name) => join(path, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new UnsmoothError(
    'CHECKPOINT_NOT_FOUND',
    `${path} is a folder without ${usualNames.join(', ')}`,
    'Name the file of weights in it.',
  );
}

/** A length that a header can have, and the header's own brace after it; an index is JSON from its first byte. */
const beginsSafetensors = (head: Buffer): boolean =>
  head.length > 8 && head.readBigUInt64LE(0) <= BigInt(headerCap) && head[8] === 0x7b;

/** A file of one set without a name: wrappers' prefixes dropped, a set asked for by name refused. */
function unnamed(file: TensorFile, weights: string | undefined): TensorFile {
  if (weights !== undefined) {
    file.close();
    throw checkpointInvalid(
      file.path,
      `holds no weights "${shown(weights)}", only one set without a name`,
      undefined,
      'Ask for no set of weights.',
    );
  }
  const { tensors, notes } = withoutPrefixes(
    new Map([...file.tensors].map(([name, entry]) => [name, { name, entry }])),
  );
  if (notes.length === 0) return file;
  const original = (name: string): string => tensors.get(name)?.name ?? name;
  return {
    ...file,
    tensors: new Map([...tensors].map(([name, { entry }]) => [name, entry])),
    notes: [...file.notes, ...notes],
    read: (name) => file.read(original(name)),
    readFloat32: (name) => file.readFloat32(original(name)),
    chunks: (name, maxBytes, at) => file.chunks(original(name), maxBytes, at),
  };
}

const kinds: readonly { is(head: Buffer): boolean; what: string; hint: string }[] = [
  {
    is: (head) => head[0] === 0x80 && (head[1] ?? 9) <= 5 && head.includes(Buffer.from('6cfc9c46f9206aa85019', 'hex')),
    what: 'is a checkpoint of torch.save in its old form (before PyTorch 1.6, or _use_new_zipfile_serialization=False)',
    hint: 'Save it again with a current PyTorch: torch.save(torch.load(file, map_location="cpu", weights_only=True), "new.pth").',
  },
  {
    is: (head) => head[0] === 0x80 && (head[1] ?? 9) <= 5 && (head[1] ?? 0) >= 2,
    what: 'is a bare Python pickle, not a checkpoint of torch.save',
    hint: 'Load it in Python where it comes from and save its arrays with safetensors.',
  },
  {
    is: (head) => head.toString('latin1', 0, 6) === '\x93NUMPY',
    what: 'is a single array of numpy (.npy), without names',
    hint: 'Save the arrays by name: numpy.savez(file, **arrays).',
  },
  {
    is: (head) => head.toString('latin1', 1, 4) === 'HDF',
    what: 'is an HDF5 file (Keras)',
    hint: 'Load it in Python where it comes from and save its arrays with safetensors.',
  },
  {
    is: (head) => head.toString('latin1', 257, 262) === 'ustar',
    what: 'is a tar archive',
    hint: 'Unpack it and choose the file of weights in it.',
  },
  {
    is: (head) => head[0] === 0x1f && head[1] === 0x8b,
    what: 'is compressed with gzip',
    hint: 'Unpack it first.',
  },
  {
    is: (head) => head.toString('latin1', 0, 4) === 'PK\x05\x06',
    what: 'is an empty zip',
    hint: 'Copy or export it again.',
  },
];

function refuseKnown(path: string, head: Buffer): void {
  if (beginsSafetensors(head)) return;
  const kind = kinds.find((k) => k.is(head));
  if (kind) throw checkpointInvalid(path, kind.what, undefined, kind.hint);
}
