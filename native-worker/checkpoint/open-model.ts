// A model from any file of weights in any layout, fitted to what is asked of it: its configuration, and each tensor by our names, read
// when it is asked for. Knows nothing of engines.
import { UnsmoothError } from '../../contract/errors.ts';
import { gridSize, prefixTokens, sincosPositions, type VitConfig, vitParameters } from '../models/vit-config.ts';
import { jsonBeside, type Normalisation, normalisationBeside } from './beside.ts';
import { readModel } from './layouts/index.ts';
import { computed, type ModelTensor } from './layouts/origin.ts';
import { openTensors } from './open.ts';
import { adaptChannels, resamplePatches, resamplePositions } from './resample.ts';
import type { TensorFile } from './tensor-file.ts';
import { readCheckpointData } from './vit-config.ts';

export interface ModelAsked {
  /** Attention heads, where the file does not say. */
  heads?: number | null;
  /** Name of a set of weights in the file (`model_ema`). */
  weights?: string | null;
  /** Image size: the position embedding is resized. */
  imgSize?: number | null;
  /** Patch size: the patch embedding is resized; with it the grid, unless the image size changes alike. */
  patchSize?: number | null;
  inChans?: number | null;
  /** Another number than the file's: a head that starts afresh. */
  classes?: number | null;
}

export interface OpenModel {
  readonly file: TensorFile;
  readonly config: VitConfig;
  /** In words. */
  readonly layout: string;
  /** What was taken, assumed and changed, in words. */
  readonly notes: readonly string[];
  /** What makes the model less than it seems, in words. */
  readonly problems: readonly string[];
  /** Whether the head is the file's; zero: it is all zeros; fresh: of another number of classes, zeros; none: there is none. */
  readonly head: 'file' | 'zero' | 'fresh' | 'none';
  /** Names of the classes, where the file or config.json says them. */
  readonly labels: readonly string[] | null;
  /** How the images it was trained on were normalised, where that is said. */
  readonly normalisation: Normalisation | null;
  /** By our names, all of `vitParameters(config)`. */
  readonly tensors: ReadonlyMap<string, ModelTensor>;
  close(): void;
}

/**
 * Opens and checks; reads no more than names, shapes and the head's values up to the first that is not zero. Close it. Throws what
 * `openTensors` throws, CHECKPOINT_INVALID for a file of no model that is computed here, INPUT_INVALID for sizes it cannot take.
 */
export async function openModel(path: string, asked: ModelAsked = {}): Promise<OpenModel> {
  const file = await openTensors(path, asked.weights ? { weights: asked.weights } : {});
  try {
    return modelIn(file, asked);
  } catch (e) {
    file.close();
    throw e;
  }
}

/** Every tensor, as float32. Throws CHECKPOINT_INVALID for values that are not finite. */
export const valuesOf = ({ tensors }: OpenModel): Record<string, Float32Array> =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensor.read()]));

/** The model in an open file, which is closed with it. */
export function modelIn(file: TensorFile, asked: ModelAsked = {}): OpenModel {
  const read = readModel(file, jsonBeside(file.path, 'config.json'), asked.heads ?? null);
  const notes = [...file.notes, ...read.notes];
  const problems: string[] = [];
  const config = { ...read.config };
  const tensors = new Map(read.tensors);
  const said = readCheckpointData(file) ?? normalisationBeside(file.path, config.in_chans);
  fitPatches(config, tensors, asked, notes);
  fitPositions(config, read.config, tensors, asked, notes);
  const head = fitHead(config, tensors, asked.classes ?? null, notes, problems);
  const normalisation =
    said && config.in_chans === read.config.in_chans ? { mean: [...said.mean], std: [...said.std] } : null;
  const labels = head === 'fresh' ? null : read.labels;
  return {
    ...{ file, config, layout: read.words, notes, problems, head, labels, normalisation, tensors },
    close: () => file.close(),
  };
}

type Tensors = Map<string, ModelTensor>;

/** Replaces a tensor by what `make` computes of its values. */
function change(
  tensors: Tensors,
  name: string,
  shape: readonly number[],
  make: (values: Float32Array) => Float32Array,
): void {
  const before = tensors.get(name);
  if (before)
    tensors.set(
      name,
      computed(shape, () => make(before.read())),
    );
}

function fitPatches(config: VitConfig, tensors: Tensors, asked: ModelAsked, notes: string[]): void {
  const name = 'patch_embed.proj.weight';
  const shape = () => [config.embed_dim, config.in_chans, config.patch_size, config.patch_size];
  const channels = asked.inChans ?? config.in_chans;
  if (channels !== config.in_chans) {
    const before = { ...config };
    if (channels !== 1 && before.in_chans !== 3)
      throw new UnsmoothError(
        'INPUT_INVALID',
        `the checkpoint takes ${before.in_chans} channels; they cannot become ${channels}`,
        'Use images with as many channels as the checkpoint takes.',
      );
    config.in_chans = channels;
    change(tensors, name, shape(), (values) => adaptChannels(values, before, channels));
    notes.push(
      channels === 1
        ? `patch embedding: its ${before.in_chans} channels summed into 1`
        : `patch embedding: its ${before.in_chans} channels repeated and scaled to ${channels}`,
    );
  }
  const { patch_size: from } = config;
  const to = asked.patchSize ?? from;
  if (to === from) return;
  config.patch_size = to;
  change(tensors, name, shape(), (values) => resamplePatches(values, from, to));
  notes.push(`patch embedding resized from ${from} x ${from} to ${to} x ${to} pixels`);
}

function fitPositions(
  config: VitConfig,
  before: VitConfig,
  tensors: Tensors,
  asked: ModelAsked,
  notes: string[],
): void {
  const size = asked.imgSize ?? before.img_size;
  if (size % config.patch_size !== 0 || size < config.patch_size)
    throw new UnsmoothError(
      'INPUT_INVALID',
      `an image of ${size} pixels is no whole number of patches of ${config.patch_size}`,
      `Choose a multiple of ${config.patch_size}.`,
    );
  config.img_size = size;
  const [from, to] = [gridSize(before), gridSize(config)];
  if (from === to) return;
  const shape = vitParameters(config).pos_embed ?? [];
  if (config.pos_embed === 'sincos')
    tensors.set(
      'pos_embed',
      computed(shape, () => sincosPositions(config)),
    );
  else {
    const prefix = prefixTokens(config);
    change(tensors, 'pos_embed', shape, (v) => resamplePositions(v, prefix, from, to, config.embed_dim));
  }
  notes.push(`position embedding resized from ${from} x ${from} to ${to} x ${to} patches`);
}

function fitHead(
  config: VitConfig,
  tensors: Tensors,
  classes: number | null,
  notes: string[],
  problems: string[],
): OpenModel['head'] {
  if (classes !== null && classes !== config.num_classes) {
    notes.push(
      config.num_classes === 0
        ? `no classification head in the file: one of ${classes} classes starts afresh`
        : `the head is of ${config.num_classes} classes: one of ${classes} starts afresh`,
    );
    config.num_classes = classes;
    for (const [name, shape] of Object.entries(vitParameters(config)))
      if (isHead(name))
        tensors.set(
          name,
          computed(shape, () => new Float32Array(shape.reduce((a, b) => a * b, 1))),
        );
    return 'fresh';
  }
  if (config.num_classes === 0) {
    problems.push('no classification head in the file: it can be diagnosed and fine-tuned, not evaluated');
    return 'none';
  }
  const weight = tensors.get('head.weight');
  if (!weight || !isAllZero(weight)) return 'file';
  problems.push('the classification head is all zeros: every class gets the same score until it is trained');
  return 'zero';
}

export const isHead = (name: string): boolean => /^head(_dist)?\./.test(name);

function isAllZero(tensor: ModelTensor): boolean {
  for (const piece of tensor.chunks(2 ** 16)) {
    const words = piece.length % 4 === 0 ? new Uint32Array(piece.buffer) : new Uint16Array(piece.buffer);
    const sign = tensor.dtype === 'F32' ? 0x80000000 : 0x80008000;
    for (const word of words) if ((word & ~sign) !== 0) return false;
  }
  return true;
}
