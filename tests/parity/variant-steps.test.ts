// Training steps of the published definitions against PyTorch in float64, with all that is random or scheduled: dropout at timm's
// places by the same draws, drop path, layer decay, a loss schedule, mixed labels as the host feeds them.
import { expect, it } from 'vitest';
import { parseRecipe, type RecipeInput } from '../../contract/recipe.ts';
import { createExecutor } from '../../native-worker/engine/index.ts';
import type { Values } from '../../native-worker/engine/spec.ts';
import { optimiserInputs } from '../../native-worker/training/batches.ts';
import { initialState } from '../../native-worker/training/initial.ts';
import { makePlan } from '../../native-worker/training/plan.ts';
import { trainOnlyProgram } from '../../native-worker/training/program.ts';
import { stochasticInputs } from '../../native-worker/training/stochastic.ts';
import { channelsLast, golden, relativeError } from './golden.ts';

const common = {
  seed: 7,
  data: { img_size: 8, mean: [0, 0, 0], std: [1, 1, 1] },
  model: { patch_size: 2, embed_dim: 16, depth: 2, num_heads: 4, mlp_ratio: 2 },
  optim: { lr: 2e-3, sched: 'constant' as const, warmup_epochs: 0 },
  train: { batch_size: 4, max_steps: 4 },
};
const runs: [string, RecipeInput][] = [
  [
    'reference-code',
    {
      ...common,
      model: {
        ...common.model,
        talking_heads: true,
        pos_drop_rate: 0.1,
        attn_drop_rate: 0.2,
        proj_drop_rate: 0.3,
        drop_rate: 0.2,
        drop_path: 0.4,
      },
      losses: { definition: 'reference-code', patch_cosine: 0.3, patch_contrastive: 1, patch_mixing: 1 },
      augment: { smoothing: 0.1 },
    },
  ],
  [
    'diverse-vit',
    {
      ...common,
      model: { ...common.model, reg_tokens: 3, init_values: 0.1 },
      losses: {
        ...{ definition: 'diverse-vit', tap: 'block', patch_cosine: 0.5, patch_contrastive: 0.5, patch_mixing: 1 },
        ...{ warmup_epochs: 2, off_after_epoch: 3 },
      },
      optim: { ...common.optim, layer_decay: 0.6 },
    },
  ],
];
const names = ['loss', 'loss_ce', 'loss_patch_cosine', 'loss_patch_contrastive', 'loss_patch_mixing'];

/** Entries whose gradient is zero by theory: rounding noise that Adam scales up. */
const seen = (name: string, i: number, size: number): boolean =>
  !name.endsWith('proj_l.bias') && !(name.endsWith('qkv.bias') && i >= size / 3 && i < (2 * size) / 3);

const options = [
  { engine: 'cpu', form: 'graph' },
  { engine: 'wasm', form: undefined },
] as const;
const cases = runs.flatMap(([definition, input]) => options.map((o) => ({ definition, input, o, on: o.engine })));

it.each(cases)('$definition: four steps on $on', async ({ definition, input, o }) => {
  const file = `../golden-variants/steps-${definition}.safetensors`;
  const { values } = golden(file);
  const [start, end] = [golden(file, 'start.').values, golden(file, 'end.').values];
  const plan = makePlan(parseRecipe(input), { classes: 5, channels: 3, size: null, trainImages: 4 });
  const executor = await createExecutor(trainOnlyProgram(plan), o);
  try {
    const known = Object.keys(plan.weights).concat(Object.keys(plan.head));
    await executor.put({ ...initialState(plan, 0), ...Object.fromEntries(known.map((k) => [k, start[k]!])) });
    for (let t = 0; t < 4; t++) {
      const fed = golden(file, `${t}.`).values;
      const batch: Values = { images: channelsLast(fed.images!, 3, 8) };
      for (const k of ['labels', 'partner_labels', 'lambda', 'patch_share']) batch[k] = fed[k]!;
      const noise = stochasticInputs(plan, t);
      if (noise.drop_path) noise.drop_path = fed.drop_path!;
      const out = await executor.call('train', { ...batch, ...noise, ...optimiserInputs(plan, t) });
      names.forEach((k, i) => {
        const want = values[`${t}.losses`]![i]!;
        expect(Math.abs(out[k]![0]! - want) / Math.abs(want), `${k} at step ${t}`).toBeLessThan(1e-4);
      });
    }
    const got = await executor.get(known);
    for (const k of known) {
      const places = [...end[k]!.keys()].filter((i) => seen(k, i, end[k]!.length));
      const update = (x: Values[string]) => places.map((i) => x[i]! - start[k]![i]!);
      if (places.length) expect(relativeError(update(got[k]!), update(end[k]!)), k).toBeLessThan(1e-2);
    }
  } finally {
    executor.dispose();
  }
});
