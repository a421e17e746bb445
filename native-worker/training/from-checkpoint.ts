// The weights a run starts from where its recipe names a checkpoint: of any layout, fitted to the recipe's sizes, channels and classes.
import { UnsmoothError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import type { RunInit } from '../../contract/saved/run.ts';
import { fitProblems, modelLine } from '../../core/checkpoint-fit.ts';
import { openTensors } from '../checkpoint/open.ts';
import { isHead, modelIn, type OpenModel } from '../checkpoint/open-model.ts';
import type { TensorFile } from '../checkpoint/tensor-file.ts';
import type { Values } from '../engine/spec.ts';
import type { VitConfig } from '../models/vit-config.ts';

export interface Start {
  /** By our names; a head of another number of classes is not among them: it starts from the seed. */
  weights: Values;
  /** What was taken, assumed and fitted, in words. */
  notes: string[];
  /** What the user should look at, in words. */
  warnings: string[];
  head: RunInit['head'];
  layout: string;
}

export interface StartOptions {
  resizePatches?: boolean;
  /** How the recipe's images are normalised. */
  data?: Pick<Recipe['data'], 'mean' | 'std'>;
}

/**
 * Throws what `openModel` throws, at the recipe's field `model.init`; CHECKPOINT_INVALID for a checkpoint of another architecture than
 * `model`, each difference at its field, with the line that the recipe would need.
 */
export async function startFrom(path: string, model: VitConfig, options: StartOptions = {}): Promise<Start> {
  const file = await openTensors(path).catch(atInit);
  try {
    return fitted(file, model, options);
  } catch (e) {
    return atInit(e);
  } finally {
    file.close();
  }
}

function fitted(file: TensorFile, model: VitConfig, { resizePatches = false, data }: StartOptions): Start {
  const asIs = modelIn(file, { heads: model.num_heads });
  refuseAnother(file, asIs.config, model, resizePatches);
  const { img_size: imgSize, patch_size: patchSize, in_chans: inChans, num_classes: classes } = model;
  const opened = modelIn(file, { heads: model.num_heads, imgSize, patchSize, inChans, classes });
  const fresh = opened.head === 'fresh';
  const taken = [...opened.tensors].filter(([name]) => !(fresh && isHead(name)));
  return {
    weights: Object.fromEntries(taken.map(([name, tensor]) => [name, tensor.read()])),
    notes: [
      `starts from ${file.path}: ${opened.layout}`,
      ...opened.notes,
      ...(fresh ? [] : [`the head of ${classes} classes is the checkpoint's`]),
      ...differences(opened.config, model),
    ],
    warnings: [...opened.problems, ...headsInDoubt(file, asIs.config), ...otherLooks(opened, data)],
    head: fresh || opened.head === 'none' ? 'fresh' : opened.head,
    layout: opened.layout,
  };
}

/** Whatever is wrong with the file is wrong with model.init. */
function atInit(e: unknown): never {
  if (!(e instanceof UnsmoothError) || e.problems.some(({ where }) => where.startsWith('model.'))) throw e;
  const problems = [{ where: 'model.init', message: e.message }, ...e.problems];
  throw new UnsmoothError(e.code, `model.init: ${e.message}`, e.hint, problems, { cause: e });
}

function refuseAnother(file: TensorFile, checkpoint: VitConfig, model: VitConfig, resizePatches: boolean): void {
  const problems = fitProblems(checkpoint, model, { resizePatches });
  const [first] = problems;
  if (!first) return;
  const usual = usualHeads(file, checkpoint);
  const line = modelLine({ ...checkpoint, ...(usual === null ? {} : { num_heads: usual }) });
  throw new UnsmoothError(
    'CHECKPOINT_INVALID',
    `${file.path}: ${first.where}: ${first.message}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
    checkpoint.fc_norm ? 'Choose another checkpoint.' : `The recipe fits with ${line}.`,
    problems,
  );
}

/** Heads as the file says, or 64 wide as is usual; null where they cannot be that. */
const usualHeads = (file: TensorFile, { embed_dim }: VitConfig): number | null =>
  embed_dim % 64 === 0 ? modelIn(file).config.num_heads : null;

/** Shapes do not tell the number of heads, and another one computes something else without any complaint. */
function headsInDoubt(file: TensorFile, checkpoint: VitConfig): string[] {
  const usual = usualHeads(file, checkpoint);
  if (usual === null || usual === checkpoint.num_heads) return [];
  return [
    `the number of heads is not in the file: the recipe's ${checkpoint.num_heads} are taken, where ${usual} would be usual (model.num_heads)`,
  ];
}

function differences(config: VitConfig, model: VitConfig): string[] {
  const notes: string[] = [];
  if ((config.norm_eps ?? 1e-6) !== (model.norm_eps ?? 1e-6))
    notes.push(
      `LayerNorm's epsilon is ${model.norm_eps ?? 1e-6} from here on; the checkpoint's was ${config.norm_eps ?? 1e-6}`,
    );
  if ((config.global_pool ?? 'token') !== (model.global_pool ?? 'token'))
    notes.push(`the head reads ${model.global_pool === 'avg' ? 'the mean patch' : 'the class token'} from here on`);
  if (config.pos_embed === 'sincos' && model.pos_embed !== 'sincos')
    notes.push('the position embedding was fixed and is trained from here on');
  return notes;
}

function otherLooks({ normalisation }: OpenModel, data: StartOptions['data']): string[] {
  if (!normalisation || !data) return [];
  const same = (a: readonly number[], b: readonly number[]) => a.every((x, i) => Math.abs(x - (b[i] ?? x)) < 1e-3);
  if (same(normalisation.mean, data.mean) && same(normalisation.std, data.std)) return [];
  const said = ({ mean, std }: { mean: number[]; std: number[] }) => `mean [${mean}], std [${std}]`;
  return [`the checkpoint's images were normalised by ${said(normalisation)}; the recipe has ${said(data)}`];
}
