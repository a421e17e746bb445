// The job `export`: a checkpoint given back in a form that others load. Streams one tensor after another; what is not finished
// leaves nothing. Never loads the engine.
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import type { JobOf, JobResult } from '../../contract/worker-api.ts';
import { replaceFile, temporarySuffix, writeAll } from '../checkpoint/atomic-file.ts';
import { openModel } from '../checkpoint/open-model.ts';
import { readCheckpointData } from '../checkpoint/vit-config.ts';
import { type StreamedTensor, streamSafetensors } from '../checkpoint/write-safetensors.ts';
import { checkHubModel, hubClass, hubConfig, hubFiles, hubPreprocessor, hubTensors } from '../export/hugging-face.ts';
import { type ExportedModel, float32Tensor } from '../export/model.ts';
import { onnxFile } from '../export/onnx/write.ts';
import { timmCall, timmMetadata } from '../export/timm.ts';
import { watcher } from '../export/watched.ts';
import type { JobContext, RunJob } from '../job-context.ts';

/**
 * Throws what `openModel` throws; USAGE for a place that is taken (without `force`), or a model that the target cannot express;
 * DISK_FULL, FILE_IO, STOPPED.
 */
export const run: RunJob<'export'> = async (job, context): Promise<JobResult> => {
  checkPlace(job);
  const { checkpoint, heads, weights, imageSize } = job;
  const opened = await openModel(checkpoint, { heads, weights, imgSize: imageSize });
  try {
    const model = described(opened, job);
    const notes = [...opened.notes, ...opened.problems];
    if (model.normalisation === null) notes.push(unknownNormalisation(job.target));
    const dataset = readCheckpointData(opened.file)?.dataset ?? '';
    const written = write(job, model, dataset, context);
    return { type: 'export', target: job.target, out: job.out, notes, ...written };
  } finally {
    opened.close();
  }
};

/** What the user says goes where the file says nothing. */
function described(opened: ExportedModel, { mean, std, labels }: JobOf<'export'>): ExportedModel {
  const { config, tensors } = opened;
  const said = mean && std ? { mean, std } : null;
  for (const [name, values] of Object.entries(said ?? {}))
    if (values.length !== config.in_chans)
      throw new UnsmoothError('USAGE', `${name} has ${values.length} values, the model ${config.in_chans} channels`);
  const names = opened.labels ?? labels;
  return {
    config,
    tensors,
    normalisation: opened.normalisation ?? said,
    labels: names?.length === config.num_classes ? names : null,
  };
}

const unknownNormalisation = (target: JobOf<'export'>['target']) =>
  `the file does not say how its images were normalised; ${
    target === 'hugging-face' ? 'mean and std 0.5 written' : 'nothing is written about it'
  } (--mean, --std)`;

type Written = Pick<Extract<JobResult, { type: 'export' }>, 'files' | 'load'>;

function write(job: JobOf<'export'>, model: ExportedModel, dataset: string, context: JobContext): Written {
  switch (job.target) {
    case 'timm': {
      const call = timmCall(model.config);
      const tensors = new Map([...model.tensors].map(([name, t]) => [name, float32Tensor(t)]));
      const bytes = streamed(job.out, tensors, timmMetadata(model, call, dataset), context);
      return {
        files: [{ path: job.out, bytes }],
        load: `${call.python}.load_state_dict(safetensors.torch.load_file(${quoted(job.out)}), strict=True)`,
      };
    }
    case 'onnx': {
      const { bytes, pieces } = onnxFile(model);
      const watched = watcher(context, bytes, 'writing');
      replaceFile(job.out, (fd) => {
        for (const piece of watched(pieces)) writeAll(fd, piece);
      });
      return { files: [{ path: job.out, bytes }], load: `onnxruntime.InferenceSession(${quoted(job.out)})` };
    }
    case 'hugging-face': {
      checkHubModel(model.config);
      const files = inFolder(job.out, (folder) => [
        streamed(path.join(folder, hubFiles[0]), hubTensors(model), { format: 'pt' }, context),
        writeJson(path.join(folder, hubFiles[1]), hubConfig(model)),
        writeJson(path.join(folder, hubFiles[2]), hubPreprocessor(model)),
      ]);
      return {
        files: hubFiles.map((name, i) => ({ path: path.join(job.out, name), bytes: files[i] ?? 0 })),
        load: `transformers.${hubClass(model.config)}.from_pretrained(${quoted(job.out)})`,
      };
    }
    default:
      return job.target satisfies never;
  }
}

const quoted = (text: string): string => JSON.stringify(text);

/** A safetensors file with its progress; its size. */
function streamed(
  file: string,
  tensors: ReadonlyMap<string, StreamedTensor>,
  metadata: Readonly<Record<string, string>>,
  context: JobContext,
): number {
  const total = [...tensors.values()].reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
  const watched = watcher(context, total, 'writing');
  const passed = [...tensors].map(([name, t]): [string, StreamedTensor] => [
    name,
    { ...t, chunks: () => watched(t.chunks()) },
  ]);
  return streamSafetensors(file, new Map(passed), metadata);
}

function writeJson(file: string, value: unknown): number {
  const bytes = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  replaceFile(file, (fd) => writeAll(fd, bytes));
  return bytes.length;
}

/** Files of a new folder appear at once; in a folder that is there already each is replaced in one piece, others stay. */
function inFolder<T>(folder: string, make: (folder: string) => T): T {
  if (existsSync(folder)) return make(folder);
  const temporary = `${folder}.${process.pid}${temporarySuffix}`;
  try {
    mkdirSync(temporary);
    const made = make(temporary);
    renameSync(temporary, folder);
    return made;
  } catch (e) {
    rmSync(temporary, { recursive: true, force: true });
    throw UnsmoothError.from(e);
  }
}

/** Throws USAGE where something is there that would be overwritten, or that is of another kind. */
function checkPlace({ target, out, force, checkpoint }: JobOf<'export'>): void {
  if (!existsSync(out)) return;
  const isFolder = statSync(out).isDirectory();
  if (isFolder !== (target === 'hugging-face'))
    throw new UnsmoothError(
      'USAGE',
      `${out} is ${isFolder ? 'a folder' : 'a file'}; ${target} writes ${isFolder ? 'a file' : 'a folder'}`,
      'Give another --out.',
    );
  const there = isFolder ? readdirSync(out).filter((name) => hubFiles.some((f) => f === name)) : [path.basename(out)];
  const places = there.map((name) => (isFolder ? path.join(out, name) : out));
  if (existsSync(checkpoint) && places.some((place) => realpathSync(place) === realpathSync(checkpoint)))
    throw new UnsmoothError('USAGE', `${out} is the checkpoint itself`, 'Give another --out.');
  if (there.length > 0 && !force)
    throw new UnsmoothError(
      'USAGE',
      isFolder ? `${out} has ${there.join(', ')} already` : `${out} is there already`,
      'Give another --out, or --force to replace it.',
    );
}
