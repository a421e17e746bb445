// The job `convert`: a checkpoint of any container and layout written as .safetensors with timm's names, tensor by tensor, so that its size
// does not matter. Runs beside the engine's place without loading it.
import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { type OpenModel, openModel } from '../checkpoint/open-model.ts';
import type { TensorFile } from '../checkpoint/tensor-file.ts';
import { vitMetadata } from '../checkpoint/vit-config.ts';
import { type StreamedTensor, streamSafetensors } from '../checkpoint/write-safetensors.ts';
import type { JobContext, RunJob } from '../job-context.ts';

const pieceBytes = 2 ** 22;

/** Throws what `openModel` throws, INPUT_INVALID for an output that is the input, STOPPED, DISK_FULL, FILE_IO; then nothing is left. */
export const convert: RunJob<'convert'> = async (job, context) => {
  const model = await openModel(job.file, { heads: job.heads, weights: job.weights ?? null, imgSize: job.img_size });
  try {
    checkOut(model.file, job.out);
    const tensors = withProgress(model, context);
    const bytes = streamSafetensors(job.out, tensors, metadataOf(model));
    return {
      type: 'convert',
      file: job.file,
      out: job.out,
      layout: model.layout,
      bytes,
      parameters: [...model.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
      model: { ...model.config },
      notes: [...model.notes],
      problems: [...model.problems],
    };
  } finally {
    model.close();
  }
};

/** The checkpoint under another name counts as well; so does what lies beside the index of its shards. */
function checkOut({ path, container }: TensorFile, out: string): void {
  if (realOr(out) === realOr(path) || sameFile(out, path))
    throw new UnsmoothError('INPUT_INVALID', `${out} is the checkpoint itself`, 'Give --out another name.');
  if (container === 'safetensors (sharded)' && realOr(dirname(out)) === realOr(dirname(path)))
    throw new UnsmoothError('INPUT_INVALID', `${out} lies among the checkpoint's shards`, 'Give --out another folder.');
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory())
    throw new UnsmoothError('INPUT_INVALID', `${out} is a folder`, 'Give --out the name of a file.');
  if (!statSync(dirname(out), { throwIfNoEntry: false })?.isDirectory())
    throw new UnsmoothError('INPUT_INVALID', `there is no folder ${dirname(out)}`, 'Correct --out.');
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // it is not there yet
  }
}

function sameFile(a: string, b: string): boolean {
  const [x, y] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return x !== undefined && y !== undefined && x.ino === y.ino && x.dev === y.dev;
}

/** What it was trained on goes along where it is said; what else lay beside the weights stays behind. */
function metadataOf({ config, normalisation, labels, layout, file }: OpenModel): Record<string, string> {
  const data =
    normalisation && config.num_classes > 0 ? { dataset: '', classes: config.num_classes, ...normalisation } : null;
  return {
    ...vitMetadata(config, data),
    converted_from: `${layout}, ${file.container}`,
    ...(labels ? { labels: JSON.stringify(labels) } : {}),
  };
}

/** The tensors, telling how far they are and looking for a stop at every piece. */
function withProgress({ tensors }: OpenModel, { emit, control }: JobContext): Map<string, StreamedTensor> {
  const bytes = { F32: 4, F16: 2, BF16: 2 };
  const total = [...tensors.values()].reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, bytes[t.dtype]), 0);
  let [done, last] = [0, 0];
  const watched = function* (pieces: Iterable<Uint8Array>) {
    for (const piece of pieces) {
      if (control.ending !== 'no')
        throw new UnsmoothError('STOPPED', `stopped after ${done} of ${total} bytes; nothing was written`);
      done += piece.length;
      if (performance.now() - last > 100 || done === total) {
        last = performance.now();
        emit({ type: 'progress', done, total, unit: 'bytes', note: 'converting' });
      }
      yield piece;
    }
  };
  return new Map(
    [...tensors].map(([name, { dtype, shape, chunks }]) => [
      name,
      { dtype, shape, chunks: () => watched(chunks(pieceBytes)) },
    ]),
  );
}
