// Which fields of a recipe mean nothing beside what its other fields say, and why. Nothing is refused here: such a field is shown closed.
import { parseRecipe, type Recipe } from '../../../contract/recipe.ts';
import { type Tree, valueAt } from './recipe-text.ts';

const defaults: Tree = { ...parseRecipe({}) };

/** By path: the reason. Reads the tree as it is written, with defaults, since the form also shows recipes that are not valid yet. */
export function idleFields(tree: Tree): ReadonlyMap<string, string> {
  const at = (path: string): unknown => valueAt(tree, path) ?? valueAt(defaults, path);
  const positive = (path: string): boolean => Number(at(path)) > 0;
  const idle = new Map<string, string>();
  const only = (applies: boolean, reason: string, ...paths: FieldPath[]) => {
    if (!applies) for (const path of paths) idle.set(path, reason);
  };
  const byPath = at('data.path') !== null;
  only(!byPath, 'data.path says which data.', 'data.dataset');
  only(byPath || at('data.kind') !== null, 'For data.path; a named dataset knows its kind.', 'data.kind');
  only(at('data.val_share') === null, 'data.val_share takes images of the training split instead.', 'data.val_split');

  const random = at('augment.train_crop_mode') === 'rrc';
  only(random, 'For train_crop_mode rrc.', 'augment.scale', 'augment.ratio');
  only(!random || positive('augment.crop_padding'), 'Not with train_crop_mode rrc.', 'augment.crop_padding');
  only(at('augment.aa') === null, 'RandAugment is on, which has its own.', 'augment.color_jitter');
  only(positive('augment.reprob'), 'Random erasing is off (reprob 0).', 'augment.remode');

  const patchMixing = positive('losses.patch_mixing');
  const [mixup, cutmix] = [positive('augment.mixup'), positive('augment.cutmix')];
  only(mixup || cutmix, 'mixup and cutmix are off.', 'augment.mixup_prob');
  only(mixup && (cutmix || patchMixing), 'For mixup and CutMix together.', 'augment.mixup_switch_prob');
  only(mixup || cutmix || patchMixing, 'Nothing is mixed.', 'augment.mixup_mode');

  const patchLosses = patchMixing || positive('losses.patch_cosine') || positive('losses.patch_contrastive');
  only(
    patchLosses,
    'No patch loss is on.',
    'losses.definition',
    'losses.tap',
    'losses.warmup_epochs',
    'losses.off_after_epoch',
  );
  only(positive('optim.warmup_epochs'), 'There is no warm-up.', 'optim.warmup_lr');
  only(at('optim.sched') === 'cosine', 'The schedule is constant.', 'optim.min_lr');
  only(at('optim.model_ema') === true, 'EMA is off.', 'optim.model_ema_decay');
  only(at('train.max_steps') === null, 'train.max_steps says how long.', 'train.epochs');
  return idle;
}

/** Dotted paths of fields in sections. */
type FieldPath = {
  [S in keyof Recipe]: Recipe[S] extends object ? `${S}.${keyof Recipe[S] & string}` : never;
}[keyof Recipe];
