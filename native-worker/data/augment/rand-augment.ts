// RandAugment (Cubuk et al. 2019) in timm's grammar: which operations an image gets and how strong
// (timm/data/auto_augment.py, rand_augment_transform, AugmentOp and RandAugment). Knows no pixels.
import { UnsmoothError } from '../../../contract/errors.ts';
import type { Random } from '../../../core/random.ts';
import { type Operation, type OperationName, operationNames, operations } from './operations.ts';

export interface RandAugmentConfig {
  /** Mean of the magnitude, 0 … 10. */
  readonly magnitude: number;
  /** Its standard deviation; Infinity: uniform from 0 to the magnitude. */
  readonly deviation: number;
  /** Magnitudes are cut off here. */
  readonly most: number;
  /** Operations drawn for an image. */
  readonly layers: number;
  /** Probability that a drawn operation is applied. */
  readonly probability: number;
  readonly increasing: boolean;
  /** tweights: operations are drawn by timm's weights and none twice. */
  readonly weighted: boolean;
}

/** An operation and what it is called with. */
export interface Drawn {
  readonly operation: Operation;
  readonly argument: number;
}

/** Reads `rand-m9-mstd0.5-inc1`. Throws RECIPE_INVALID naming the section it does not know. */
export function parseRandAugment(text: string): RandAugmentConfig {
  const [kind, ...sections] = text.split('-');
  if (kind !== 'rand') throw refused(text, kind ?? '');
  let config: RandAugmentConfig = {
    magnitude: 10,
    deviation: 0,
    most: 10,
    layers: 2,
    probability: 0.5,
    increasing: false,
    weighted: false,
  };
  for (const section of sections) config = { ...config, ...fieldOf(section, text) };
  if (config.weighted && config.layers > operationNames.length) throw refused(text, `n${config.layers}`);
  return config;
}

function fieldOf(section: string, text: string): Partial<RandAugmentConfig> {
  if (section === 'tweights') return { weighted: true };
  if (section === 'mstdinf') return { deviation: Number.POSITIVE_INFINITY };
  const [, key, digits] = /^(mstd|mmax|inc|m|n|p)(\d*\.?\d+)$/.exec(section) ?? [];
  const value = Number(digits);
  switch (key) {
    case 'm':
      return { magnitude: value };
    case 'mstd':
      return { deviation: value > 100 ? Number.POSITIVE_INFINITY : value };
    case 'mmax':
      return { most: value || 10 };
    case 'n':
      return { layers: Math.trunc(value) };
    case 'p':
      return { probability: value };
    case 'inc':
      return { increasing: value !== 0 };
    default:
      throw refused(text, section);
  }
}

function refused(text: string, section: string): UnsmoothError {
  const message = `${text} has the section "${section}", which timm's RandAugment does not know`;
  return new UnsmoothError(
    'RECIPE_INVALID',
    `augment.aa: ${message}`,
    'Sections are m, n, mstd, mmax, inc, p and tweights, for example rand-m9-mstd0.5-inc1.',
    [{ where: 'augment.aa', message }],
  );
}

/** timm's _RAND_WEIGHTED_0. */
const weights: Readonly<Record<OperationName, number>> = {
  Rotate: 3,
  ShearX: 2,
  ShearY: 2,
  TranslateXRel: 1,
  TranslateYRel: 1,
  Color: 0.25,
  Sharpness: 0.25,
  AutoContrast: 0.25,
  Solarize: 0.05,
  SolarizeAdd: 0.05,
  Contrast: 0.05,
  Brightness: 0.05,
  Equalize: 0.05,
  Posterize: 0.05,
  Invert: 0.05,
};

/** Draws what one image gets, in the order it is applied. An operation that is drawn but not applied is left out. */
export function drawOperations(config: RandAugmentConfig, random: Random): Drawn[] {
  const chosen = config.weighted ? drawWeighted(config.layers, random) : drawUniform(config.layers, random);
  const drawn: Drawn[] = [];
  // timm's table of weights names the increasing forms, whatever inc says.
  const increasing = config.increasing || config.weighted;
  for (const operation of chosen) {
    if (config.probability < 1 && random.uniform() > config.probability) continue;
    const share = drawMagnitude(config, random) / 10;
    drawn.push({ operation, argument: operation.argument(share, increasing, random) });
  }
  return drawn;
}

function drawMagnitude({ magnitude, deviation, most }: RandAugmentConfig, random: Random): number {
  const drawn =
    deviation === Number.POSITIVE_INFINITY
      ? magnitude * random.uniform()
      : deviation > 0
        ? magnitude + deviation * random.normal()
        : magnitude;
  return Math.max(0, Math.min(drawn, most));
}

const drawUniform = (layers: number, random: Random): Operation[] =>
  Array.from({ length: layers }, () => operations[random.int(operations.length)]!);

/** One after the other by weight, none twice. */
function drawWeighted(layers: number, random: Random): Operation[] {
  const left = [...operations];
  return Array.from({ length: layers }, () => {
    let rest = random.uniform() * left.reduce((sum, { name }) => sum + weights[name], 0);
    let i = 0;
    while (i < left.length - 1 && rest >= weights[left[i]!.name]) rest -= weights[left[i++]!.name];
    return left.splice(i, 1)[0]!;
  });
}
