// The fifteen operations of RandAugment by timm's names: what each does to pixels, and what a magnitude of 0 … 10 means to it
// (timm/data/auto_augment.py, LEVEL_TO_ARG and NAME_TO_OP). Knows nothing of how operations are chosen.
import type { Random } from '../../../core/random.ts';
import { affine, type Matrix, rotation, type Sampling, shearX, shearY, translateX, translateY } from './affine.ts';
import { color, sharpness } from './enhance.ts';
import type { Image } from './image.ts';
import {
  autoContrast,
  brightness,
  contrast,
  equalize,
  invert,
  posterize,
  solarize,
  solarizeAdd,
  type Table,
  throughTable,
} from './tables.ts';

export interface Operation {
  /** timm's name without `Increasing`. */
  readonly name: OperationName;
  /**
   * What the operation is called with: degrees, bits, a threshold, a factor, a share of the side. `share`: magnitude / 10, as a rule
   * within 0 … 1; `increasing`: a greater magnitude always changes more (inc1). Operations without an argument give 0.
   */
  argument(share: number, increasing: boolean, random: Random): number;
  /** `from` into `to`, which is of the same size and another buffer. */
  apply(from: Image, to: Uint8Array, argument: number, sampling: Sampling): void;
}

/** In timm's order, which is the order that a draw of 0 … 14 means. */
export const operationNames = [
  'AutoContrast',
  'Equalize',
  'Invert',
  'Rotate',
  'Posterize',
  'Solarize',
  'SolarizeAdd',
  'Color',
  'Contrast',
  'Brightness',
  'Sharpness',
  'ShearX',
  'ShearY',
  'TranslateXRel',
  'TranslateYRel',
] as const;
export type OperationName = (typeof operationNames)[number];

type Argument = Operation['argument'];
type Apply = Operation['apply'];

const none: Argument = () => 0;
const randomlyNegated = (value: number, random: Random) => (random.uniform() > 0.5 ? -value : value);
const upTo =
  (most: number): Argument =>
  (share, _, random) =>
    randomlyNegated(share * most, random);
/** 0.1 … 1.9; increasing: 1 ± up to 0.9, at least 0.1. */
const enhancing: Argument = (share, increasing, random) =>
  increasing ? Math.max(0.1, 1 + randomlyNegated(share * 0.9, random)) : share * 1.8 + 0.1;
const bits: Argument = (share, increasing) => (increasing ? 4 - Math.trunc(share * 4) : Math.trunc(share * 4));
const threshold: Argument = (share, increasing) => {
  const level = Math.min(256, Math.trunc(share * 256));
  return increasing ? 256 - level : level;
};
const addition: Argument = (share) => Math.min(128, Math.trunc(share * 110));

const byTable =
  (table: (image: Image, argument: number) => Table): Apply =>
  (from, to, argument) =>
    throughTable(from, table(from, argument), to);
const byMatrix =
  (matrix: (argument: number, width: number, height: number) => Matrix): Apply =>
  (from, to, argument, sampling) =>
    affine(from, matrix(argument, from.width, from.height), sampling, to);

const table: Readonly<Record<OperationName, readonly [Argument, Apply]>> = {
  AutoContrast: [none, byTable(autoContrast)],
  Equalize: [none, byTable(equalize)],
  Invert: [none, byTable(invert)],
  Rotate: [upTo(30), byMatrix(rotation)],
  Posterize: [bits, byTable((_, n) => posterize(n))],
  Solarize: [threshold, byTable((_, n) => solarize(n))],
  SolarizeAdd: [addition, byTable((_, n) => solarizeAdd(n))],
  Color: [enhancing, (from, to, factor) => color(from, factor, to)],
  Contrast: [enhancing, byTable(contrast)],
  Brightness: [enhancing, byTable((_, factor) => brightness(factor))],
  Sharpness: [enhancing, (from, to, factor) => sharpness(from, factor, to)],
  ShearX: [upTo(0.3), byMatrix(shearX)],
  ShearY: [upTo(0.3), byMatrix(shearY)],
  TranslateXRel: [upTo(0.45), byMatrix((share, width) => translateX(share * width))],
  TranslateYRel: [upTo(0.45), byMatrix((share, _, height) => translateY(share * height))],
};

export const operations: readonly Operation[] = operationNames.map((name) => {
  const [argument, apply] = table[name];
  return { name, argument, apply };
});
