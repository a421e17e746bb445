// A recipe that goes on from a checkpoint: which preset is meant for it, its model's fields, the image sizes worth proposing. Pure.
import type { Preset } from '../../../contract/app/training.ts';
import type { AnswerOf } from '../../../contract/app-api.ts';
import type { Recipe } from '../../../contract/recipe.ts';
import { fieldsOf, fitProblems } from '../../../core/checkpoint-fit.ts';
import { modelOf, type VitShape } from '../../../core/recipe-on-data.ts';
import type { Change } from './on-dataset.ts';

export type Contents = AnswerOf<'checkpoints.inspect'>;

const needed = ['img_size', 'patch_size', 'in_chans', 'num_classes', 'embed_dim', 'depth', 'num_heads', 'mlp_ratio'];

/** The model that inspect found; null where the file holds none that is computed here. */
export function shapeOf({ model }: Pick<Contents, 'model'>): VitShape | null {
  if (!model || needed.some((key) => typeof model[key] !== 'number')) return null;
  return model as unknown as VitShape; // inspect writes its own configuration there
}

/** The preset that fine-tunes a model of this width, depth and patch size. */
export const presetFor = (presets: readonly Preset[], shape: VitShape): Preset | undefined =>
  presets.find(({ recipe: { model } }) => {
    const same = model.embed_dim === shape.embed_dim && model.depth === shape.depth;
    return model.init !== 'random' && same && model.patch_size === shape.patch_size;
  });

/** The paper's: a small step and nearly no decay, from weights that are good already. */
export const gentle: readonly Change[] = [
  ['optim.lr', 5e-6],
  ['optim.weight_decay', 1e-8],
];

/** Its own size and larger ones: 384 and 512 after 224, as the paper does; else twice its own. */
export function proposedSizes({ img_size: own, patch_size: patch }: VitShape): number[] {
  const larger = own === 224 ? [384, 512] : [2 * own];
  return [own, ...larger.filter((size) => size % patch === 0)];
}

/** Fields of `model` that a checkpoint has a say in; those it lacks go back to their defaults. */
const decided = [
  ...['patch_size', 'embed_dim', 'depth', 'num_heads', 'mlp_ratio', 'global_pool', 'pos_embed', 'reg_tokens'],
  ...['distilled', 'talking_heads', 'init_values'],
];
export function modelChanges(shape: VitShape): Change[] {
  const fields = fieldsOf(shape);
  return decided.map((field) => [`model.${field}`, fields[field]]);
}

/** Where a recipe that can be read is of another model than the checkpoint, in words; `assumed`: the file does not say its heads. */
export function differences(recipe: Recipe, shape: VitShape, assumed: boolean): string[] {
  const model = modelOf(recipe, { classes: shape.num_classes, channels: shape.in_chans });
  return fitProblems(shape, model, { resizePatches: recipe.model.resize_patches }).map(({ where, message }) =>
    assumed && where === 'model.num_heads'
      ? `${where}: the file does not say; ${shape.num_heads} would be usual, the recipe has ${model.num_heads}`
      : `${where}: ${message}`,
  );
}

export const headsAssumed = ({ notes }: Pick<Contents, 'notes'>): boolean =>
  notes.some((n) => n.startsWith('the number of heads is not in the file'));

export interface FineTuning {
  /** To begin with; undefined: the defaults. */
  preset: Preset | undefined;
  changes: Change[];
}

/**
 * The preset that fine-tunes such a model, else the defaults with the paper's small steps; its file, its model and how its images were
 * normalised; the preset's image size where it is a whole number of its patches, else its own.
 */
export function fineTune(presets: readonly Preset[], file: string, found: Contents): FineTuning {
  const shape = shapeOf(found);
  const preset = shape ? presetFor(presets, shape) : undefined;
  const changes: Change[] = [['model.init', file], ...(preset ? [] : gentle)];
  if (shape) {
    const size = preset?.recipe.data.img_size ?? shape.img_size;
    changes.push(...modelChanges(shape), ['data.img_size', size % shape.patch_size === 0 ? size : shape.img_size]);
  }
  if (found.normalisation) changes.push(['data.mean', found.normalisation.mean], ['data.std', found.normalisation.std]);
  return { preset, changes };
}

/** A path that the services take: where they were started says nothing of where the user means. */
export const isFullPath = (file: unknown): file is string =>
  typeof file === 'string' && /^(\/|\\\\|[A-Za-z]:[/\\])/.test(file);
