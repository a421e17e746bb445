// The job `forward`: a model on a given float tensor, everything it computes written to a file, to be compared with another framework.
import { UnsmoothError } from '../../contract/errors.ts';
import { encodeNumber } from '../../contract/numbers.ts';
import { type OpenModel, openModel, valuesOf } from '../checkpoint/open-model.ts';
import { readSafetensors } from '../checkpoint/safetensors.ts';
import type { TensorFile } from '../checkpoint/tensor-file.ts';
import { type WritableTensor, writeSafetensors } from '../checkpoint/write-safetensors.ts';
import { createExecutor } from '../engine/index.ts';
import type { Values } from '../engine/spec.ts';
import type { RunJob } from '../job-context.ts';
import { tokenCount, type VitConfig, vitParameters } from '../models/vit-config.ts';
import {
  type ForwardOptions,
  forwardFunction,
  mixingHead,
  mixingInputs,
  patchHeadShapes,
} from '../training/forward.ts';
import { named } from '../training/state.ts';
import { describeEngine, engineOptions, tell } from './checkpoint-on-data.ts';

export const run: RunJob<'forward'> = async (job, context) => {
  const input = readSafetensors(job.input);
  let checkpoint: OpenModel | null = null;
  try {
    checkpoint = await openModel(job.checkpoint, { heads: job.heads, weights: job.weights });
    const { config } = checkpoint;
    tell(checkpoint, context);
    const { batch, options, given } = readInput(input, config, job);
    const fn = forwardFunction(config, batch, options);
    const executor = await createExecutor({ calls: [{ name: 'forward', fn }] }, engineOptions(job.engine));
    try {
      const mixed = options.mixing ? options.losses : null;
      await executor.put({
        ...valuesOf(checkpoint),
        ...(mixed ? named(input, mixingHead(config, mixed)) : {}),
      });
      const out = await executor.call('forward', given);
      const tensors = written(out, config, batch);
      writeSafetensors(job.out, tensors, { format: 'pt', model: JSON.stringify(config) });
      const losses = Object.entries(out).filter(([k]) => k.startsWith('loss_'));
      return {
        type: 'forward',
        out: job.out,
        tensors: Object.entries(tensors).map(([name, t]) => ({ name, shape: [...t.shape], dtype: t.dtype })),
        losses: Object.fromEntries(losses.map(([k, v]) => [k, encodeNumber(v[0] as number)])),
        engine: describeEngine(job.engine, executor),
      };
    } finally {
      executor.dispose();
    }
  } finally {
    checkpoint?.close();
    input.close();
  }
};

/** Checks `images` (B, C, S, S) and what may come with it. */
function readInput(
  file: TensorFile,
  model: VitConfig,
  job: Parameters<typeof run>[0],
): { batch: number; options: ForwardOptions; given: Values } {
  const images = file.tensors.get('images');
  const expected = `[B, ${model.in_chans}, ${model.img_size}, ${model.img_size}]`;
  const refuse = (name: string, message: string, hint: string): never => {
    throw new UnsmoothError('INPUT_INVALID', `${file.path}: tensor ${name}: ${message}`, hint, [
      { where: name, message },
    ]);
  };
  const size = model.img_size;
  const batch = images?.shape[0] ?? 0;
  if (!images || images.shape.slice(1).join() !== [model.in_chans, size, size].join() || batch < 1)
    return refuse(
      'images',
      `expected ${expected}, found ${images ? `[${images.shape.join(', ')}]` : 'none'}`,
      'Give normalised images of the size the model takes.',
    );
  const mixed = job.losses === null ? {} : mixingInputs(model, batch, job.losses);
  const inputs = Object.keys(mixed);
  const options: ForwardOptions = {
    labels: file.tensors.has('labels'),
    mixing: inputs.some((name) => file.tensors.has(name)),
    losses: job.losses,
    tap: job.tap,
    grads: job.grads,
  };
  const given: Values = { images: channelsLast(file.readFloat32('images'), model.in_chans, size) };
  if (options.labels) given.labels = readLabels(file, batch, model.num_classes, refuse);
  if (options.mixing && job.losses) {
    const wanted = [...inputs, ...Object.keys(mixingHead(model, job.losses))];
    const missing = wanted.find((name) => !file.tensors.has(name));
    if (missing) refuse(missing, 'is missing', `Patch mixing needs ${wanted.join(', ')} in the input.`);
    Object.assign(given, named(file, Object.fromEntries(Object.entries(mixed).map(([k, s]) => [k, s.shape]))));
  }
  const needs = [options.labels, job.losses !== null, job.losses !== null, options.mixing];
  const wanting = ['labels', '--losses', '--losses', `${inputs.join(', ') || 'patch_targets'} and --losses`];
  job.grads?.forEach((weight, i) => {
    if (weight !== 0 && !needs[i])
      refuse(wanting[i] as string, `is needed for --grads ${job.grads?.join(',')}`, 'Add it, or set that weight to 0.');
  });
  if (job.grads?.every((w) => w === 0)) refuse('--grads', 'every weight is 0', 'Give at least one weight.');
  return { batch, options, given };
}

function readLabels(
  file: TensorFile,
  batch: number,
  classes: number,
  refuse: (name: string, message: string, hint: string) => never,
): Int32Array {
  const labels = Int32Array.from(file.read('labels') as Int32Array | BigInt64Array, Number);
  const wrong = labels.length === batch ? labels.find((l) => l < 0 || l >= classes) : labels.length;
  if (wrong !== undefined)
    refuse(
      'labels',
      `expected ${batch} numbers in 0..${classes - 1}, found ${labels.length === batch ? wrong : `${wrong} of them`}`,
      'Correct the labels.',
    );
  return labels;
}

/** (B, C, S, S) → (B, S, S, C). */
function channelsLast(images: Float32Array, channels: number, size: number): Float32Array {
  const out = new Float32Array(images.length);
  const pixels = size * size;
  for (let image = 0; image < images.length / (channels * pixels); image++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++)
        out[(image * pixels + p) * channels + c] = images[(image * channels + c) * pixels + p] as number;
  return out;
}

function written(out: Values, model: VitConfig, batch: number): Record<string, WritableTensor> {
  const parameters = { ...vitParameters(model), ...patchHeadShapes(model) };
  const shapeOf = (name: string): readonly number[] => {
    if (name === 'logits') return [batch, model.num_classes || model.embed_dim];
    if (name.startsWith('tokens.')) return [batch, tokenCount(model), model.embed_dim];
    if (name.startsWith('grad.')) return parameters[name.slice('grad.'.length)] as number[];
    return [];
  };
  return Object.fromEntries(
    Object.entries(out).map(([k, data]) => [k, { dtype: 'F32', shape: shapeOf(k), data: data as Float32Array }]),
  );
}
