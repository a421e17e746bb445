// The Vision Transformer of models/vit.ts as ONNX operators, for inference: the same computation in the same order, read beside
// it. Tokens stay flat (B·N, D), so that a linear map is one Gemm; only the batch is open. Knows nothing of files.
import { patchCount, prefixTokens, tokenCount, type VitConfig } from '../../models/vit-config.ts';
import { GraphWriter, type Value } from './graph.ts';
import type { NodeProto, TensorProto } from './schema.ts';

export interface VitGraph {
  nodes: NodeProto[];
  constants: TensorProto[];
  /** Dimensions in which a parameter is wanted where they are not its own; the values are the same. */
  dims: ReadonlyMap<string, readonly number[]>;
}

/** timm's epsilon. */
const usualEpsilon = 1e-6;

/** `images` (B, C, S, S) → `output` (B, num_classes; without classes: D). Parameters are read under timm's names. */
export function vitGraph(c: VitConfig, output: string): VitGraph {
  const g = new GraphWriter();
  const dims = new Map<string, readonly number[]>();
  const [D, N, n, heads, P] = [c.embed_dim, tokenCount(c), patchCount(c), c.num_heads, c.patch_size];
  const headDim = D / heads;

  const reshape = (at: string, x: Value, ...shape: number[]) => g.op(at, 'Reshape', [x, g.ints(...shape)]);
  const transpose = (at: string, x: Value, ...perm: number[]) => g.op(at, 'Transpose', [x], { perm });
  const times = (at: string, x: Value, factor: number) => g.op(at, 'Mul', [x, g.float(factor)]);
  const norm = (name: string, x: Value) =>
    g.op(name, 'LayerNormalization', [x, `${name}.weight`, `${name}.bias`], {
      axis: -1,
      epsilon: { float: c.norm_eps ?? usualEpsilon },
    });
  /** x (…, in) · weight' + bias, weight [out, in]. */
  const linear = (name: string, x: Value) => g.op(name, 'Gemm', [x, `${name}.weight`, `${name}.bias`], { transB: 1 });
  /** Exact GELU: x Φ(x). */
  const gelu = (at: string, x: Value) => {
    const erf = g.op(at, 'Erf', [times(at, x, Math.SQRT1_2)]);
    return times(at, g.op(at, 'Mul', [x, g.op(at, 'Add', [erf, g.float(1)])]), 0.5);
  };
  /** Talking heads: a linear map over the heads of maps (B, heads, N, N), which is a convolution of size 1. */
  const acrossHeads = (name: string, maps: Value) => {
    dims.set(`${name}.weight`, [heads, heads, 1, 1]);
    return g.op(name, 'Conv', [maps, `${name}.weight`, `${name}.bias`], { kernel_shape: [1, 1] });
  };

  const attention = (name: string, x: Value) => {
    const qkv = reshape(name, linear(`${name}.qkv`, x), -1, N, 3, heads, headDim);
    const parts = g.split(name, transpose(name, qkv, 2, 0, 3, 1, 4), 0, 3);
    const [q, k, v] = parts.map((part) => reshape(name, part, -1, heads, N, headDim)) as [Value, Value, Value];
    const scores = times(name, g.op(name, 'MatMul', [q, transpose(name, k, 0, 1, 3, 2)]), headDim ** -0.5);
    const before = c.talking_heads ? acrossHeads(`${name}.proj_l`, scores) : scores;
    const softmax = g.op(name, 'Softmax', [before], { axis: -1 });
    const maps = c.talking_heads ? acrossHeads(`${name}.proj_w`, softmax) : softmax;
    const mixed = transpose(name, g.op(name, 'MatMul', [maps, v]), 0, 2, 1, 3);
    return linear(`${name}.proj`, reshape(name, mixed, -1, D));
  };
  const mlp = (name: string, x: Value) => linear(`${name}.fc2`, gelu(name, linear(`${name}.fc1`, x)));
  /** x plus a branch of it, with LayerScale. */
  const residual = (at: string, x: Value, branch: Value, scale: string) =>
    g.op(at, 'Add', [x, c.init_values ? g.op(at, 'Mul', [branch, scale]) : branch]);

  const embed = 'patch_embed';
  const patches = g.op(embed, 'Conv', ['images', `${embed}.proj.weight`, `${embed}.proj.bias`], {
    kernel_shape: [P, P],
    strides: [P, P],
  });
  const embedded = transpose(embed, reshape(embed, patches, -1, D, n), 0, 2, 1);
  const batch = g.op('tokens', 'Shape', ['images'], { start: 0, end: 1 });
  const perImage = g.op('tokens', 'Concat', [batch, g.ints(1, 1)], { axis: 0 });
  const prefix = ['cls_token', ...(c.distilled ? ['dist_token'] : []), ...(c.reg_tokens ? ['reg_token'] : [])];
  const copies = prefix.map((name) => g.op('tokens', 'Expand', [name, perImage]));
  const joined = g.op('tokens', 'Concat', [...copies, embedded], { axis: 1 });
  let x = reshape('tokens', g.op('tokens', 'Add', [joined, 'pos_embed']), -1, D);
  for (let i = 0; i < c.depth; i++) {
    const block = `blocks.${i}`;
    x = residual(block, x, attention(`${block}.attn`, norm(`${block}.norm1`, x)), `${block}.ls1.gamma`);
    x = residual(block, x, mlp(`${block}.mlp`, norm(`${block}.norm2`, x)), `${block}.ls2.gamma`);
  }
  const tokens = reshape('head', c.fc_norm ? x : norm('norm', x), -1, N, D);
  const feature = (pooled: Value) => (c.fc_norm ? norm('fc_norm', pooled) : pooled);
  const token = (at: number) => feature(g.op('head', 'Gather', [tokens, g.index(at)], { axis: 1 }));
  const meanPatch = () => {
    const own = g.op('head', 'Slice', [tokens, g.ints(prefixTokens(c)), g.ints(N), g.ints(1)]);
    return feature(g.op('head', 'ReduceMean', [own], { axes: [1], keepdims: 0 }));
  };
  const head = (features: Value, name = 'head') => (c.num_classes > 0 ? linear(name, features) : features);
  const logits = c.distilled
    ? times('head', g.op('head', 'Add', [head(token(0)), head(token(1), 'head_dist')]), 0.5)
    : head(c.global_pool === 'avg' ? meanPatch() : token(0));
  g.nodes.push({ name: output, opType: 'Identity', input: [logits], output: [output], attribute: [] });
  return { nodes: g.nodes, constants: g.constants, dims };
}
