// What a checkpoint file is: its tensors, its model, what is wrong with it. Reads the header alone; never loads the engine.
import { UnsmoothError } from '../../contract/errors.ts';
import type { JobResult } from '../../contract/worker-api.ts';
import { readSafetensors, type SafetensorsFile } from '../checkpoint/safetensors.ts';
import { readVitConfig } from '../checkpoint/vit-config.ts';
import type { RunJob } from '../job-context.ts';

/** Throws CHECKPOINT_NOT_FOUND, or CHECKPOINT_INVALID for a file that is no whole safetensors; another model is a problem listed. */
export const inspect: RunJob<'inspect'> = async ({ file: path, heads }): Promise<JobResult> => {
  const file = readSafetensors(path);
  try {
    const tensors = [...file.tensors].map(([name, { shape, dtype }]) => ({ name, shape: [...shape], dtype }));
    return {
      type: 'inspect',
      file: path,
      bytes: file.bytes,
      tensors,
      parameters: tensors.reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0),
      metadata: { ...file.metadata },
      ...describeModel(file, heads),
    };
  } finally {
    file.close();
  }
};

function describeModel(file: SafetensorsFile, heads: number | null) {
  try {
    const { config, notes } = readVitConfig(file, { heads });
    return { layout: 'timm vision_transformer', model: { ...config }, problems: notes };
  } catch (e) {
    if (!(e instanceof UnsmoothError)) throw e;
    const problems = e.problems.length > 1 ? e.problems.map((p) => `${p.where}: ${p.message}`) : [e.message];
    return { layout: 'safetensors', model: null, problems };
  }
}
