// The training step, evaluation and probe of a plan as traced functions over one set of variables. It reads like the paper:
// forward, losses, gradients, AdamW; how fast that runs is the engine's business.
import * as tf from '@tensorflow/tfjs-core';
import type { ProbeMetric, Recipe, Tap } from '../../contract/recipe.ts';
import { mixesImages } from '../../core/recipe-on-data.ts';
import { absoluteCosine, highFrequencyShare, signedCosine } from '../diagnostics/similarity.ts';
import type { Call, Program } from '../engine/program.ts';
import type { Specs } from '../engine/spec.ts';
import { type Tensors, trace } from '../engine/trace.ts';
import { smoothOneHot } from '../losses/cross-entropy.ts';
import type { Regions } from '../losses/definition.ts';
import { type LossName, type LossWeights, totalLoss } from '../losses/total.ts';
import { patchCount, type VitConfig, vit, vitParameters } from '../models/vit.ts';
import { isFrozen } from '../models/vit-config.ts';
import { adamw, clipByGlobalNorm, isDecayed } from '../optim/adamw.ts';
import { layerScale } from '../optim/layer-decay.ts';
import type { Plan } from './plan.ts';
import { noiseOf, stochasticSpecs } from './stochastic.ts';

const float = (shape: readonly number[]) => ({ shape, dtype: 'float32' as const });
const int = (shape: readonly number[]) => ({ shape, dtype: 'int32' as const });
const floats = (shapes: Readonly<Record<string, readonly number[]>>, prefix = ''): Specs =>
  Object.fromEntries(Object.entries(shapes).map(([k, s]) => [prefix + k, float(s)]));
const imageShape = (c: VitConfig, batch: number) => [batch, c.img_size, c.img_size, c.in_chans];
const pick = (all: Tensors, names: readonly string[], prefix = ''): Tensors =>
  Object.fromEntries(names.map((k) => [k, all[prefix + k] as tf.Tensor]));

/** Every measure of the probe: patch tokens (B, n, D) → (B). */
export const probeFunctions: Readonly<Record<ProbeMetric, (tokens: tf.Tensor3D) => tf.Tensor1D>> = {
  cos: signedCosine,
  cos_abs: absoluteCosine,
  hfc: highFrequencyShare,
};

export function lossWeights(recipe: Recipe): LossWeights {
  const { patch_cosine, patch_contrastive, patch_mixing } = recipe.losses;
  return { ce: 1, patch_cosine, patch_contrastive, patch_mixing };
}

/** Variables by role: weights and patch_head as named, some of them frozen, m/…, v/… (moments), ema/… (weights), acc/… (gradient sums). */
export function variableNames(plan: Plan) {
  const model = { ...plan.weights, ...plan.head };
  const part = (frozen: boolean) =>
    Object.fromEntries(Object.entries(model).filter(([k]) => isFrozen(plan.model, k) === frozen));
  const trained = part(false);
  return {
    model,
    trained,
    frozen: part(true),
    moments: { ...prefixed('m/', trained), ...prefixed('v/', trained) },
    ema: plan.recipe.optim.model_ema ? prefixed('ema/', plan.weights) : {},
    sums: plan.recipe.train.grad_accum > 1 ? prefixed('acc/', trained) : {},
  };
}
const prefixed = (p: string, shapes: Readonly<Record<string, number[]>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(shapes).map(([k, s]) => [p + k, s]));

export function trainingProgram(plan: Plan): Program {
  const { recipe, weights } = plan;
  const calls: Call[] = [
    { name: 'eval', fn: evaluationFunction(plan.model, plan.evalBatch) },
    { name: 'probe', fn: probeFunction(plan.model, plan.evalBatch, recipe.probe.metrics, recipe.probe.taps) },
  ];
  if (recipe.optim.model_ema)
    calls.push({ name: 'eval_ema', fn: calls[0]?.fn as Call['fn'], bind: (k) => (k in weights ? `ema/${k}` : k) });
  calls.push(...trainOnlyProgram(plan).calls);
  return { calls };
}

/** The training step alone: `train`, or `accumulate` and `apply`. */
export function trainOnlyProgram(plan: Plan, feed: Feed = labelFeed): Program {
  if (plan.recipe.train.grad_accum === 1) return { calls: [{ name: 'train', fn: stepFunction(plan, feed) }] };
  return {
    calls: [
      { name: 'accumulate', fn: accumulateFunction(plan, feed) },
      { name: 'apply', fn: applyFunction(plan) },
    ],
  };
}

/** How a batch reaches the step: the inputs the host gives, and what they become. */
export interface Feed {
  inputs(plan: Plan): Specs;
  tensors(plan: Plan, inputs: Tensors): BatchTensors;
}

/** Images and labels of a batch; where images are mixed, the partner's label and the image's own share of the whole and of each patch. */
function labelInputs(plan: Plan): Specs {
  const { model, batch, recipe } = plan;
  return {
    images: float(imageShape(model, batch)),
    labels: int([batch]),
    ...(mixesImages(recipe)
      ? { partner_labels: int([batch]), lambda: float([batch]), patch_share: float([batch, patchCount(model)]) }
      : {}),
    ...stochasticSpecs(plan),
  };
}

/** What a forward pass is trained on. */
export interface BatchTensors {
  /** (B, S, S, C). */
  images: tf.Tensor4D;
  /** (B, K), soft. */
  targets: tf.Tensor2D;
  /** (B, n, K), soft; needed by patch mixing alone. */
  patchTargets?: tf.Tensor3D | undefined;
  /** What the patch targets are made of. */
  regions?: Regions | undefined;
  /** (2·depth, B) factors of the residual branches. */
  dropPath?: tf.Tensor2D | undefined;
  /** Scalars: what dropout draws by, and the factor of the patch losses' weights. */
  dropoutStep?: tf.Tensor | undefined;
  lossFactor?: tf.Tensor | undefined;
}

/** The batch as the host feeds it → soft targets: own and partner's label, weighed by their share of the image and of each patch. */
function labelTensors(plan: Plan, inputs: Tensors): BatchTensors {
  const hot = (labels: tf.Tensor) => smoothOneHot(labels, plan.model.num_classes, plan.recipe.augment.smoothing);
  const own = hot(inputs.labels as tf.Tensor);
  const batch: BatchTensors = {
    images: inputs.images as tf.Tensor4D,
    targets: own as tf.Tensor2D,
    dropPath: inputs.drop_path as tf.Tensor2D | undefined,
    dropoutStep: inputs.dropout_step,
    lossFactor: inputs.loss_factor,
  };
  if (!inputs.lambda) return batch;
  const partner = hot(inputs.partner_labels as tf.Tensor);
  const mixed = (share: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => a.mul(share).add(b.mul(tf.sub(1, share)));
  const [B, K] = own.shape as [number, number];
  const share = inputs.patch_share as tf.Tensor2D;
  const perPatch = mixed(share.reshape([B, -1, 1]), own.reshape([B, 1, K]), partner.reshape([B, 1, K]));
  return {
    ...batch,
    targets: mixed(inputs.lambda.reshape([-1, 1]), own, partner) as tf.Tensor2D,
    patchTargets: perPatch as tf.Tensor3D,
    regions: { own: own as tf.Tensor2D, partner: partner as tf.Tensor2D, share },
  };
}

/** Labels from the loader. */
const labelFeed: Feed = { inputs: labelInputs, tensors: labelTensors };

/** The loss of a batch, its terms, the share of images whose largest logit is the largest target, and the gradients. */
function lossAndGradients(plan: Plan, variables: Tensors, batch: BatchTensors) {
  const { trained, frozen } = variableNames(plan);
  const names = Object.keys(trained);
  const { losses: recipe } = plan.recipe;
  let terms: Partial<Record<LossName, tf.Scalar>> = {};
  let top1: tf.Scalar | undefined;
  const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
    const w: Tensors = {
      ...pick(variables, Object.keys(frozen)),
      ...Object.fromEntries(names.map((k, i) => [k, values[i] as tf.Tensor])),
    };
    const noise = noiseOf(plan, batch);
    const out = vit(plan.model, w, batch.images, noise);
    const [weight, bias] = [w['patch_head.weight'], w['patch_head.bias']];
    const losses = totalLoss(
      out,
      {
        labels: batch.targets,
        patches: batch.patchTargets,
        regions: batch.regions,
        head: weight && bias && { weight, bias },
        dropout: noise.dropout,
      },
      {
        definition: recipe.definition,
        tap: recipe.tap,
        weights: lossWeights(plan.recipe),
        factor: batch.lossFactor,
      },
    );
    terms = losses.terms;
    top1 = out.logits.argMax(-1).equal(batch.targets.argMax(-1)).toFloat().mean() as tf.Scalar;
    for (const t of [...Object.values(terms), top1]) tf.keep(t);
    return losses.total;
  })(names.map((k) => variables[k] as tf.Tensor));
  const outputs: Tensors = { loss: value, ...terms, top1: top1 as tf.Scalar };
  return { names, outputs, gradients: Object.fromEntries(names.map((k, i) => [k, grads[i] as tf.Tensor])) };
}

const scalars: Specs = { lr: float([]), correction1: float([]), correction2: float([]) };

/** New weights, moments and EMA from gradients. */
function optimise(plan: Plan, variables: Tensors, gradients: Tensors, inputs: Tensors) {
  const { optim } = plan.recipe;
  const names = Object.keys(gradients);
  const assigns: Tensors = {};
  const outputs: Tensors = {};
  let grads = names.map((k) => gradients[k] as tf.Tensor);
  if (optim.clip_grad !== null) {
    const clipped = clipByGlobalNorm(grads, optim.clip_grad);
    grads = clipped.grads;
    outputs.grad_norm = clipped.norm;
  }
  const at = { lr: inputs.lr, correction1: inputs.correction1, correction2: inputs.correction2 } as Parameters<
    typeof adamw
  >[4];
  /** A layer's own learning rate, made once a layer. */
  const scaled = new Map([[1, at]]);
  const atLayer = (name: string) => {
    const scale = layerScale(name, plan.model.depth, optim.layer_decay);
    const known = scaled.get(scale) ?? { ...at, lr: at.lr.mul(scale) };
    scaled.set(scale, known);
    return known;
  };
  names.forEach((k, i) => {
    const w = variables[k] as tf.Tensor;
    const weight_decay = isDecayed(k, w.shape) ? optim.weight_decay : 0;
    const [m, v] = [variables[`m/${k}`] as tf.Tensor, variables[`v/${k}`] as tf.Tensor];
    const next = adamw(w, grads[i] as tf.Tensor, m, v, atLayer(k), {
      betas: optim.betas,
      eps: optim.eps,
      weight_decay,
    });
    Object.assign(assigns, { [k]: next.w, [`m/${k}`]: next.m, [`v/${k}`]: next.v });
    const ema = variables[`ema/${k}`];
    if (ema) assigns[`ema/${k}`] = ema.mul(optim.model_ema_decay).add(next.w.mul(1 - optim.model_ema_decay));
  });
  return { assigns, outputs };
}

function stepFunction(plan: Plan, feed: Feed) {
  const { model, moments, ema } = variableNames(plan);
  return trace(
    'train',
    floats({ ...model, ...moments, ...ema }),
    { ...feed.inputs(plan), ...scalars },
    (variables, inputs) => {
      const { outputs, gradients } = lossAndGradients(plan, variables, feed.tensors(plan, inputs));
      const update = optimise(plan, variables, gradients, inputs);
      return { outputs: { ...outputs, ...update.outputs }, assigns: update.assigns };
    },
  );
}

/** Adds 1/grad_accum of a batch's gradients to acc/…; `first` (1 or 0) starts the sum anew. */
function accumulateFunction(plan: Plan, feed: Feed) {
  const { model, sums } = variableNames(plan);
  return trace(
    'accumulate',
    floats({ ...model, ...sums }),
    { ...feed.inputs(plan), first: float([]) },
    (variables, inputs) => {
      const { names, outputs, gradients } = lossAndGradients(plan, variables, feed.tensors(plan, inputs));
      const keep = tf.sub(1, inputs.first as tf.Tensor);
      const assigns = Object.fromEntries(
        names.map((k) => {
          const sum = variables[`acc/${k}`] as tf.Tensor;
          const g = (gradients[k] as tf.Tensor).mul(1 / plan.recipe.train.grad_accum);
          return [`acc/${k}`, sum.mul(keep).add(g)];
        }),
      );
      return { outputs, assigns };
    },
  );
}

function applyFunction(plan: Plan) {
  const { trained, moments, ema, sums } = variableNames(plan);
  return trace('apply', floats({ ...trained, ...moments, ...ema, ...sums }), scalars, (variables, inputs) => {
    const update = optimise(plan, variables, pick(variables, Object.keys(trained), 'acc/'), inputs);
    return { outputs: { done: tf.scalar(1), ...update.outputs }, assigns: update.assigns };
  });
}

/** images, labels (B) → loss (B): cross-entropy a row; rank (B): logits at least as large as the label's, so top-k is 1 ≤ rank ≤ k. */
export function evaluationFunction(model: VitConfig, batch: number) {
  return trace(
    'eval',
    floats(vitParameters(model)),
    { images: float(imageShape(model, batch)), labels: int([batch]) },
    (w, inputs) => {
      const { logits } = vit(model, w, inputs.images as tf.Tensor4D);
      const hot = smoothOneHot(inputs.labels as tf.Tensor, model.num_classes, 0);
      const own = logits.mul(hot).sum(-1, true);
      return {
        outputs: {
          loss: tf.logSoftmax(logits).mul(hot).sum(-1).neg(),
          rank: logits.greaterEqual(own).toFloat().sum(-1),
        },
      };
    },
  );
}

/**
 * images → `<metric>.<tap>` (L+1, B): each measure on the patch tokens of every layer, 0 the patch embedding (position embedding
 * added). Tap block: raw outputs; norm: the final LayerNorm applied to them.
 */
export function probeFunction(model: VitConfig, batch: number, metrics: readonly ProbeMetric[], taps: readonly Tap[]) {
  return trace('probe', floats(vitParameters(model)), { images: float(imageShape(model, batch)) }, (w, inputs) => {
    const out = vit(model, w, inputs.images as tf.Tensor4D);
    const outputs: Tensors = {};
    for (const tap of taps)
      for (const metric of metrics)
        outputs[`${metric}.${tap}`] = tf.stack(
          out.tokens.map((t) => probeFunctions[metric](out.patches(tap === 'norm' ? out.finalNorm(t) : t))),
        );
    return { outputs };
  });
}
