// Small JSON files that lie beside a file of weights on the Hugging Face Hub: the model's configuration and how images are prepared.
import { closeSync, fstatSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readFully } from './file-bytes.ts';

type Json = Readonly<Record<string, unknown>>;

const cap = 2 ** 24;

/** The object in a JSON file of the folder of `path`; null where there is none, or something else. */
export function jsonBeside(path: string, name: string): Json | null {
  let fd: number;
  try {
    fd = openSync(join(dirname(path), name), 'r');
  } catch {
    return null; // not there, or not ours to read
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > cap) return null;
    const text = Buffer.alloc(stat.size);
    readFully(fd, text, 0);
    return asObject(JSON.parse(text.toString('utf8')));
  } catch {
    return null; // no JSON: another program's file
  } finally {
    closeSync(fd);
  }
}

const asObject = (value: unknown): Json | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;

export interface Normalisation {
  mean: number[];
  std: number[];
}

/** How images were normalised: transformers' preprocessor_config.json, or timm's config.json (pretrained_cfg). */
export function normalisationBeside(path: string, channels: number): Normalisation | null {
  const theirs = jsonBeside(path, 'preprocessor_config.json');
  const timm = asObject(jsonBeside(path, 'config.json')?.pretrained_cfg);
  for (const [mean, std] of [
    [theirs?.image_mean, theirs?.image_std],
    [timm?.mean, timm?.std],
  ])
    if (areNumbers(mean, channels) && areNumbers(std, channels) && std.every((s) => s > 0)) return { mean, std };
  return null;
}

const areNumbers = (value: unknown, count: number): value is number[] =>
  Array.isArray(value) && value.length === count && value.every((v) => typeof v === 'number' && Number.isFinite(v));
