// Checkpoints in several safetensors files with one index (model.safetensors.index.json). Knows nothing of models.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import { checkpointInvalid, shown } from './file-bytes.ts';
import { some } from './names.ts';
import { readSafetensors, type SafetensorsFile } from './safetensors.ts';
import type { TensorEntry, TensorFile } from './tensor-file.ts';

export const indexCap = 2 ** 24;
const shardCap = 500;
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * The tensors that the index names, from the files beside it. Throws CHECKPOINT_INVALID for a shard outside the folder, of
 * another kind or damaged, CHECKPOINT_NOT_FOUND naming the shards that are missing.
 */
export function openSharded(path: string, index: string): TensorFile {
  const map = weightMap(path, index);
  const shards = [...new Set(map.values())];
  const plain = /^[^/\\:\0]+\.safetensors$/;
  const odd = shards.filter((name) => !plain.test(name));
  if (odd.length > 0)
    throw checkpointInvalid(path, `expected .safetensors files of its own folder, found ${some(odd)}`);
  if (shards.length === 0 || shards.length > shardCap)
    throw checkpointInvalid(path, `expected 1 to ${shardCap} shards, found ${shards.length}`);
  const missing = shards.filter((name) => !existsSync(join(dirname(path), name)));
  if (missing.length > 0)
    throw new UnsmoothError(
      'CHECKPOINT_NOT_FOUND',
      `${path}: ${missing.length} of ${shards.length} shards are missing: ${some(missing, 10)}`,
      'Put them beside the index.',
      missing.map((name) => ({ where: shown(name), message: 'missing' })),
    );
  const files = new Map<string, SafetensorsFile>();
  const close = () => {
    for (const file of files.values()) file.close();
  };
  try {
    for (const name of shards) files.set(name, readSafetensors(join(dirname(path), name)));
    return together(path, map, files, close);
  } catch (e) {
    close();
    throw e;
  }
}

function weightMap(path: string, index: string): ReadonlyMap<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(index);
  } catch (e) {
    throw checkpointInvalid(path, `index: expected JSON, found ${shown(e instanceof Error ? e.message : String(e))}`);
  }
  const parsed = indexSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw checkpointInvalid(path, `index: ${shown(issue?.path.join('.') ?? '')}: ${shown(issue?.message ?? '')}`);
  }
  return new Map(Object.entries(parsed.data.weight_map));
}

function together(
  path: string,
  map: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, SafetensorsFile>,
  close: () => void,
): TensorFile {
  const tensors = new Map<string, TensorEntry>();
  const homes = new Map<string, SafetensorsFile>();
  for (const [name, shard] of map) {
    const file = files.get(shard);
    const entry = file?.tensors.get(name);
    if (!file || !entry)
      throw checkpointInvalid(path, `expected in ${shown(shard)}, found none of that name`, shown(name));
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, bytes: entry.bytes });
    homes.set(name, file);
  }
  const home = (name: string): SafetensorsFile => {
    const file = homes.get(name);
    if (!file) throw checkpointInvalid(path, 'expected in the index, found none of that name', name);
    return file;
  };
  const all = [...files.values()];
  const extra = all.reduce((sum, file) => sum + file.tensors.size, 0) - tensors.size;
  return {
    path,
    container: 'safetensors (sharded)',
    bytes: all.reduce((sum, file) => sum + file.bytes, 0),
    metadata: all[0]?.metadata ?? {},
    tensors,
    notes: [`${all.length} shards`, ...(extra > 0 ? [`${extra} tensors of the shards are not in the index`] : [])],
    weightSets: [],
    weights: null,
    read: (name) => home(name).read(name),
    readFloat32: (name) => home(name).readFloat32(name),
    chunks: (name, maxBytes, at) => home(name).chunks(name, maxBytes, at),
    close,
  };
}
