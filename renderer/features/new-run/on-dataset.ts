// A recipe fitted to a dataset: its splits, mean and std, an image size and a patch size that go with it. Pure.
import type { DatasetDescription } from '../../../contract/app/datasets.ts';
import { parseRecipe } from '../../../contract/recipe.ts';
import { same } from './fields.ts';
import { readRecipeText, type Tree, valueAt, withField } from './recipe-text.ts';

const defaults: Tree = { ...parseRecipe({}) };
const sizes = [224, 160, 128, 96, 64, 48, 32, 28] as const;
const patches = [16, 14, 8, 7, 4, 3, 2, 1] as const;

/** That of square images of one size; else a usual one, not above the middle between the smallest and the largest side. */
export function proposedSize({ min, max }: DatasetDescription['sizes']): number {
  const [least, most] = [Math.min(...min), Math.max(...max)];
  if (least === most) return least;
  const middle = Math.sqrt(least * most);
  return sizes.find((s) => s <= middle) ?? 28;
}

/** The one there is where it gives a grid of 4 to 32 patches a side, else the largest with at least 7. */
export function proposedPatch(size: number, now: number): number {
  const fits = size % now === 0 && size / now >= 4 && size / now <= 32;
  return fits ? now : (patches.find((p) => size % p === 0 && size / p >= 7) ?? 1);
}

/** Split that is trained on, and the one that is measured on; null: a share of the first is to be held out. */
export function proposedSplits(splits: DatasetDescription['splits']): { train: string; val: string | null } {
  const labelled = splits.filter((s) => s.unlabelled === 0); // an image without a label is refused for training
  const named = (...names: string[]) => names.flatMap((n) => labelled.find((s) => s.name === n) ?? [])[0];
  const largest = labelled.reduce((a, b) => (b.images > a.images ? b : a), labelled[0] ?? splits[0]!);
  const train = named('train', 'training') ?? largest;
  const rest = labelled.filter((s) => s !== train);
  const val = named('val', 'validation', 'valid', 'test') ?? rest[0];
  return { train: train.name, val: val && val !== train ? val.name : null };
}

/** Mean and std as a model of `channels` sees these images (null: as they are); null where they were not measured so. */
export function statisticsFor(
  { mean, std, identity }: Pick<DatasetDescription, 'mean' | 'std' | 'identity'>,
  channels: unknown,
): { mean: number[]; std: number[] } | null {
  if (channels === 1 && identity.channels === 3) return null;
  const copies = channels === 3 && mean.length === 1 ? 3 : 1;
  const round = (values: readonly number[]) =>
    Array.from({ length: copies }, () => values.map((v) => Number(v.toFixed(4)))).flat();
  return { mean: round(mean), std: round(std) };
}

/** One change of a recipe; undefined takes the field out. */
export type Change = readonly [path: string, value: unknown];

export function statisticsChanges(found: DatasetDescription, channels: unknown): Change[] {
  const statistics = statisticsFor(found, channels);
  return statistics === null
    ? []
    : [
        ['data.mean', statistics.mean],
        ['data.std', statistics.std],
      ];
}

/** Everything that a run on this dataset needs to be started; the rest of the recipe stays. */
export function fittingChanges(name: string, found: DatasetDescription, tree: Tree): Change[] {
  const { train, val } = proposedSplits(found.splits);
  const size = proposedSize(found.sizes);
  const patch = Number(valueAt(tree, 'model.patch_size') ?? valueAt(defaults, 'model.patch_size'));
  return [
    ['data.kind', undefined],
    ['data.path', undefined],
    ['data.dataset', name],
    ['data.train_split', train],
    ['data.val_split', val ?? undefined],
    ['data.val_share', val === null ? 0.1 : undefined],
    ['data.img_size', size],
    ['model.patch_size', proposedPatch(size, patch)],
    ['model.in_chans', undefined],
    ...statisticsChanges(found, null),
  ];
}

/** The text with these changes; what becomes its default is left out where it does not stand already. Unreadable text stays. */
export function withChanges(text: string, changes: readonly Change[]): string {
  return changes.reduce((now, [path, value]) => {
    const { tree } = readRecipeText(now);
    if (tree === null) return now;
    const said = valueAt(tree, path);
    if (same(said, value) || (said === undefined && same(value, valueAt(defaults, path)))) return now;
    return withField(now, path, value);
  }, text);
}
