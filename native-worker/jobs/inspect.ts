// What a checkpoint file is: its container, its tensors, its model in which layout, what it was trained with, what is wrong with it.
// Reads names and shapes alone unless norms are asked for; never loads the engine.
import { setImmediate } from 'node:timers/promises';
import { UnsmoothError } from '../../contract/errors.ts';
import { encodeNumber } from '../../contract/numbers.ts';
import type { JobResult } from '../../contract/worker-api.ts';
import { asFloat32, type Dtype } from '../checkpoint/dtypes.ts';
import { layoutOf } from '../checkpoint/layouts/index.ts';
import { openTensors } from '../checkpoint/open.ts';
import { modelIn } from '../checkpoint/open-model.ts';
import type { TensorFile } from '../checkpoint/tensor-file.ts';
import { trainedWith } from '../checkpoint/trained-with.ts';
import type { JobContext, RunJob } from '../job-context.ts';

/** Throws what `openTensors` throws; a model that is not computed here is a problem listed. */
export const inspect: RunJob<'inspect'> = async (
  { file: path, heads, weights, norms },
  context,
): Promise<JobResult> => {
  const file = await openTensors(path, weights ? { weights } : {});
  try {
    const found = norms ? await normsOf(file, context) : null;
    const tensors = [...file.tensors].map(([name, { shape, dtype }]) => {
      const norm = found?.get(name);
      return { name, shape: [...shape], dtype, ...(norm === undefined ? {} : { norm: encodeNumber(norm) }) };
    });
    return {
      type: 'inspect',
      file: path,
      container: file.container,
      bytes: file.bytes,
      weight_sets: [...file.weightSets],
      weights: file.weights,
      tensors,
      parameters: tensors.reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0),
      metadata: { ...file.metadata },
      trained: trainedWith(file.metadata),
      ...describeModel(file, heads),
    };
  } finally {
    file.close();
  }
};

function describeModel(file: TensorFile, heads: number | null) {
  try {
    const { config, layout, notes, problems, normalisation } = modelIn(file, { heads });
    return { layout, model: { ...config }, normalisation, notes: [...notes], problems: [...problems] };
  } catch (e) {
    if (!(e instanceof UnsmoothError)) throw e;
    const problems = e.problems.length > 1 ? e.problems.map((p) => `${p.where}: ${p.message}`) : [e.message];
    return {
      layout: layoutOf(file)?.name ?? 'none that is read here',
      model: null,
      normalisation: null,
      notes: [...file.notes],
      problems,
    };
  }
}

/** The norm of every tensor that holds numbers, in pieces of 256 KiB. Throws STOPPED. */
async function normsOf(file: TensorFile, { emit, control }: JobContext): Promise<Map<string, number>> {
  const norms = new Map<string, number>();
  const total = file.tensors.size;
  let last = 0;
  for (const [name, { dtype }] of file.tensors) {
    let sum = 0;
    for (const piece of file.chunks(name, 2 ** 18)) {
      sum += squares(dtype, piece);
      if (performance.now() - last < 50) continue;
      last = performance.now();
      await setImmediate(); // messages come in
      if (control.ending !== 'no')
        throw new UnsmoothError('STOPPED', `stopped after ${norms.size} of ${total} tensors`);
      emit({ type: 'progress', done: norms.size, total, unit: 'tensors', note: 'norms' });
    }
    norms.set(name, Math.sqrt(sum));
  }
  return norms;
}

function squares(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): number {
  if (dtype === 'F64') return new Float64Array(bytes.buffer).reduce((sum, v) => sum + v * v, 0);
  const values = asFloat32(dtype, bytes.buffer);
  if (!values) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return sum;
}
