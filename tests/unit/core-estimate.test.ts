// Estimates against timm's published sizes, torch's own count of operations and the memory that bench measured.
import { describe, expect, test } from 'vitest';
import { type LossDefinition, parseRecipe } from '../../contract/recipe.ts';
import {
  estimateWork,
  forwardFlops,
  gflopsAt,
  lossFlops,
  memoryBytes,
  patchHeadCount,
  trainingFlops,
  vitParameterCount,
} from '../../core/estimate.ts';
import type { VitShape } from '../../core/recipe-on-data.ts';
import { vitParameters } from '../../native-worker/models/vit-config.ts';

const vit224 = (embed_dim: number, num_heads: number): VitShape => ({
  ...{ img_size: 224, patch_size: 16, in_chans: 3, num_classes: 1000, embed_dim, depth: 12, num_heads, mlp_ratio: 4 },
});
const example: VitShape = {
  ...{
    img_size: 28,
    patch_size: 7,
    in_chans: 1,
    num_classes: 10,
    embed_dim: 64,
    depth: 12,
    num_heads: 4,
    mlp_ratio: 4,
  },
};

/** The example with registers and LayerScale, with a distillation token, with talking heads. */
const registers: VitShape = { ...example, reg_tokens: 3, init_values: 0.1 };
const distilled: VitShape = { ...example, distilled: true };
const talking: VitShape = { ...example, talking_heads: true };

/** As tests/peers/count_flops.py printed them (torch 2.15, timm 1.0.31). */
const counted: [string, VitShape, number, number, number][] = [
  ['vit_tiny_patch16_224', vit224(192, 3), 5717416, 2507366400, 7464296448],
  ['vit_small_patch16_224', vit224(384, 6), 22050664, 9197764608, 27477688320],
  ['vit_base_patch16_224', vit224(768, 12), 86567656, 35127656448, 105151758336],
  ['the example', example, 604938, 21043456, 63030016],
  ['registers', registers, 606858, 24923392, 74669824],
  ['distilled', distilled, 605716, 22331904, 66895360],
  ['talking heads', talking, 605418, 21265408, 63695872],
];

describe.each(counted)('%s', (_, model, parameters, forward, step) => {
  test('parameters', () => expect(vitParameterCount(model)).toBe(parameters));
  test('operations of a forward pass, and of a training pass', () => {
    expect(forwardFlops(model)).toBe(forward);
    expect(trainingFlops(model)).toBe(step);
  });
});

test('parameters are those of the model that is trained, whatever its shape', () => {
  for (const mlp_ratio of [4, 2.7]) {
    const model = { ...example, mlp_ratio, embed_dim: 60, depth: 3, in_chans: 3, num_classes: 7 };
    const shapes = Object.values(vitParameters(model));
    expect(vitParameterCount(model)).toBe(shapes.reduce((sum, s) => sum + s.reduce((a, b) => a * b, 1), 0));
    expect(patchHeadCount(model)).toBe(60 * 7 + 7);
  }
});

test('what a definition of the losses adds: pairs of patches for cosine but in diverse-vit, two pooled regions in reference-code', () => {
  const flopsOf = (definition: LossDefinition) => lossFlops(example, parseRecipe({ losses: { definition } }).losses);
  const [n, D, K] = [16, 64, 10];
  expect(flopsOf('paper')).toBe(3 * (2 * n * n * D + 2 * n * D * K));
  expect(flopsOf('reference-code')).toBe(3 * (2 * n * n * D + 2 * 2 * D * K));
  expect(flopsOf('diverse-vit')).toBe(3 * 2 * n * D * K);
});

/** Bench's shapes and the growth of memory in MB over the loaded engine that they were measured with. */
test.each([
  ['A', 192, 6, 3, 32, 4, 32, 540],
  ['B', 192, 12, 3, 64, 4, 32, 1320],
  ['C', 384, 12, 6, 8, 16, 224, 1620],
])(
  'memory of shape %s is within a factor of two of what was measured',
  (_, embed_dim, depth, num_heads, batch_size, patch_size, img_size, megabytes) => {
    const recipe = parseRecipe({
      data: { img_size },
      model: { patch_size, embed_dim, depth, num_heads },
      losses: { patch_cosine: 0, patch_contrastive: 0, patch_mixing: 0 },
      train: { batch_size },
    });
    const model = { img_size, patch_size, in_chans: 3, num_classes: 10, embed_dim, depth, num_heads, mlp_ratio: 4 };
    const ratio = memoryBytes(recipe, model) / (megabytes * 1e6);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  },
);

test('the work of a run: steps by epochs or by max_steps, more with a moving average', () => {
  const images = { train: 60_000, val: 10_000 };
  const plain = parseRecipe({ train: { epochs: 2, batch_size: 64 } });
  const work = estimateWork(plain, example, images);
  expect(work).toMatchObject({ steps: 1874, stepsPerEpoch: 937, parameters: 604938 });
  expect(work.flops).toBeGreaterThan(1874 * work.flopsPerStep);
  expect(estimateWork(parseRecipe({ train: { max_steps: 10 } }), example, images).steps).toBe(10);
  const ema = parseRecipe({ train: { epochs: 2 }, optim: { model_ema: true } });
  expect(estimateWork(ema, example, images).memory - work.memory).toBeCloseTo(4 * (604938 + 650), 0);
  expect(estimateWork(parseRecipe({ train: { epochs: 2, grad_accum: 2 } }), example, images)).toMatchObject({
    flopsPerStep: 2 * work.flopsPerStep,
    stepsPerEpoch: 468,
  });
});

test('speed between measured widths', () => {
  const points = [
    { width: 64, gflops: 40 },
    { width: 256, gflops: 160 },
  ];
  expect([16, 64, 128, 256, 1000].map((w) => gflopsAt(points, w))).toEqual([40, 40, 100, 160, 160]);
});
