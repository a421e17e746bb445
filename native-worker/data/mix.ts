// Mixup and CutMix of a batch: one mechanism for the recipe's own mixing and for patch mixing, so that an image is mixed once.
// Image i is mixed with image B-1-i (timm mixes with the flipped batch; timm/data/mixup.py). Knows no losses: who is mixed with whom,
// by which share, as a whole and patch by patch, is all that comes out.
import { keyedRandom, type Random, streams } from '../../core/random.ts';

/** Fields of a recipe's augment section. */
export interface MixFields {
  /** Alpha of the Beta distribution; 0: off. */
  mixup: number;
  cutmix: number;
  mixup_prob: number;
  mixup_switch_prob: number;
  mixup_mode: 'batch' | 'elem';
}

export interface MixRule {
  /** Alpha of mixup; 0: never. */
  readonly mixup: number;
  /** Alpha of CutMix; 0: never. */
  readonly cutmix: number;
  /** Probability of mixing at all. */
  readonly probability: number;
  /** Probability of CutMix where both are on. */
  readonly cutmixShare: number;
  /** One draw for the batch, or one for each image. */
  readonly mode: 'batch' | 'elem';
  /** Where the edges of CutMix's rectangles lie: any pixel, or borders of patches, so that no patch straddles. */
  readonly boxes: 'pixels' | 'grid';
}

/**
 * How a recipe mixes; null: not at all. With patch mixing CutMix is always on, with alpha 1 where the recipe gives none; where the
 * recipe asks for no mixing of its own, that is on every batch.
 */
export function mixRule(
  fields: MixFields,
  losses: { patch_mixing: number; definition: 'paper' | 'reference-code' | 'diverse-vit' },
): MixRule | null {
  const { mixup, cutmix, mixup_prob: probability, mixup_switch_prob: cutmixShare, mixup_mode: mode } = fields;
  const own = mixup > 0 || cutmix > 0;
  if (losses.patch_mixing === 0)
    return own && probability > 0 ? { mixup, cutmix, probability, cutmixShare, mode, boxes: 'pixels' } : null;
  return {
    mixup,
    cutmix: cutmix > 0 ? cutmix : 1,
    probability: own ? probability : 1,
    cutmixShare,
    mode,
    boxes: losses.definition === 'diverse-vit' ? 'pixels' : 'grid',
  };
}

/** rows top … bottom-1, columns left … right-1. */
export interface MixBox {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** What happens to one image: nothing, a blend, or a rectangle of its partner, in pixels. `lambda`: its own share. */
export type Mix =
  | { readonly kind: 'none'; readonly lambda: 1 }
  | { readonly kind: 'mixup'; readonly lambda: number }
  | { readonly kind: 'cutmix'; readonly lambda: number; readonly box: MixBox };

export interface MixShape {
  readonly batch: number;
  readonly imgSize: number;
  readonly patchSize: number;
  readonly channels: number;
}

/** What the step is told of the mixing. The arrays are reused: they hold until the next call. */
export interface Mixed {
  /** Label of image B-1-i, (B). */
  readonly partnerLabels: Int32Array;
  /** Own share of the image's target, (B); of CutMix: of the pixels, as pasted. */
  readonly lambda: Float32Array;
  /** Own share of each patch, (B, n), patches row-major; of CutMix in pixels: the part of its area that is own. */
  readonly patchShare: Float32Array;
}

export interface Mixer {
  /** Mixes the images (B, S, S, C) of forward pass `step` in place. Every step has draws of its own. */
  mix(step: number, images: Float32Array, labels: Int32Array): Mixed;
}

export function createMixer(rule: MixRule, shape: MixShape, seed: number): Mixer {
  const { batch, imgSize, patchSize, channels } = shape;
  const n = (imgSize / patchSize) ** 2;
  const pixels = imgSize * imgSize * channels;
  const partnerLabels = new Int32Array(batch);
  const lambda = new Float32Array(batch);
  const patchShare = new Float32Array(batch * n);
  const kept = new Float32Array(pixels);
  return {
    mix(step, images, labels) {
      const mixes = drawMixes(rule, shape, seed, step);
      for (const [i, mix] of mixes.entries()) {
        partnerLabels[i] = labels[batch - 1 - i]!;
        lambda[i] = mix.lambda;
        sharesOf(mix, shape, patchShare.subarray(i * n, (i + 1) * n));
      }
      const image = (i: number) => images.subarray(i * pixels, (i + 1) * pixels);
      for (let i = 0; i < batch >> 1; i++) {
        const j = batch - 1 - i;
        mixPair(image(i), image(j), mixes[i]!, mixes[j]!, shape, kept);
      }
      return { partnerLabels, lambda, patchShare };
    },
  };
}

/** One for each image of the batch; keyed by (seed, step), in mode elem also by the image. */
export function drawMixes(rule: MixRule, shape: MixShape, seed: number, step: number): Mix[] {
  const draw = (i: number) => drawMix(rule, shape, keyedRandom(seed, streams.mix, step, i));
  if (rule.mode === 'elem') return Array.from({ length: shape.batch }, (_, i) => draw(i));
  return new Array<Mix>(shape.batch).fill(draw(0));
}

/** timm's Mixup._params_per_batch, then its box. What is certain takes no draw. */
function drawMix(rule: MixRule, { imgSize, patchSize }: MixShape, random: Random): Mix {
  if (rule.probability < 1 && !random.bernoulli(rule.probability)) return { kind: 'none', lambda: 1 };
  const cutmix = rule.mixup === 0 || (rule.cutmix > 0 && random.bernoulli(rule.cutmixShare));
  if (!cutmix) return { kind: 'mixup', lambda: random.beta(rule.mixup, rule.mixup) };
  const unit = rule.boxes === 'grid' ? patchSize : 1;
  const box = (rule.boxes === 'grid' ? gridBox : pixelBox)(
    random.beta(rule.cutmix, rule.cutmix),
    imgSize / unit,
    random,
  );
  const area = (box.bottom - box.top) * (box.right - box.left);
  const [top, bottom, left, right] = [box.top * unit, box.bottom * unit, box.left * unit, box.right * unit];
  return { kind: 'cutmix', lambda: 1 - area / (imgSize / unit) ** 2, box: { top, bottom, left, right } };
}

type BoxOf = (lambda: number, side: number, random: Random) => MixBox;

/** Whole patches: of a side nearest to sqrt(1 - lambda), centred on any patch, cut off at the border. */
const gridBox: BoxOf = (lambda, grid, random) => {
  const side = Math.round(grid * Math.sqrt(1 - lambda));
  const span = (centre: number): [number, number] => {
    const from = centre - (side >> 1);
    return [Math.max(0, from), Math.min(grid, from + side)];
  };
  const [top, bottom] = span(random.int(grid));
  const [left, right] = span(random.int(grid));
  return { top, bottom, left, right };
};

/** timm's rand_bbox. */
export const pixelBox: BoxOf = (lambda, size, random) => {
  const side = Math.trunc(size * Math.sqrt(1 - lambda));
  const span = (centre: number): [number, number] => [
    Math.max(0, centre - (side >> 1)),
    Math.min(size, centre + ((side + 1) >> 1)),
  ];
  const [top, bottom] = span(random.int(size));
  const [left, right] = span(random.int(size));
  return { top, bottom, left, right };
};

function sharesOf(mix: Mix, { imgSize, patchSize }: MixShape, shares: Float32Array): void {
  if (mix.kind !== 'cutmix') {
    shares.fill(mix.lambda);
    return;
  }
  const grid = imgSize / patchSize;
  const { top, bottom, left, right } = mix.box;
  const covered = (from: number, to: number, patch: number) =>
    Math.max(0, Math.min(to, (patch + 1) * patchSize) - Math.max(from, patch * patchSize)) / patchSize;
  for (let y = 0; y < grid; y++) {
    const rows = covered(top, bottom, y);
    for (let x = 0; x < grid; x++) shares[y * grid + x] = 1 - rows * covered(left, right, x);
  }
}

/** Two images (S, S, C), each with the other as it was, in place; `kept`: room for one image. */
function mixPair(a: Float32Array, b: Float32Array, mixA: Mix, mixB: Mix, shape: MixShape, kept: Float32Array): void {
  if (mixA.kind === 'mixup' && mixB.kind === 'mixup') {
    blendBoth(a, b, mixA.lambda, mixB.lambda);
    return;
  }
  if (mixB.kind !== 'none' && mixA.kind !== 'none') kept.set(a);
  mixInto(a, b, mixA, shape);
  mixInto(b, mixA.kind === 'none' ? a : kept, mixB, shape);
}

function mixInto(own: Float32Array, partner: Float32Array, mix: Mix, { imgSize, channels }: MixShape): void {
  switch (mix.kind) {
    case 'none':
      return;
    case 'mixup':
      blend(own, partner, mix.lambda);
      return;
    case 'cutmix': {
      const { top, bottom, left, right } = mix.box;
      for (let y = top; y < bottom; y++) {
        const from = (y * imgSize + left) * channels;
        own.set(partner.subarray(from, from + (right - left) * channels), from);
      }
      return;
    }
  }
}

/** a·la + b·(1 - la) and b·lb + a·(1 - lb) in float32, in one pass: memory is what takes time. */
function blendBoth(a: Float32Array, b: Float32Array, la: number, lb: number): void {
  const f = Math.fround;
  const ownA = f(la);
  const ownB = f(lb);
  const otherA = f(1 - la);
  const otherB = f(1 - lb);
  for (let p = 0; p < a.length; p++) {
    const x = a[p]!;
    const y = b[p]!;
    a[p] = f(f(x * ownA) + f(y * otherA));
    b[p] = f(f(y * ownB) + f(x * otherB));
  }
}

function blend(own: Float32Array, partner: Float32Array, lambda: number): void {
  const f = Math.fround;
  const share = f(lambda);
  const rest = f(1 - lambda);
  for (let p = 0; p < own.length; p++) own[p] = f(f(own[p]! * share) + f(partner[p]! * rest));
}
