// The layout of Google's Vision Transformers in JAX: kernels [in, out] or a head apart, images last axis channels. Blocks lie one by
// one (vision_transformer) or stacked along a first axis (big_vision).
import { mlpRatioOf, type VitConfig, vitParameters } from '../../models/vit-config.ts';
import { checkpointInvalid } from '../file-bytes.ts';
import { bareNote, depthOf, gridOf, inBlock, type Layout, type Source, squarePatch } from './layout.ts';
import { join, type Origin, take, zeros } from './origin.ts';
import { preLogitsNote } from './timm.ts';

const blocks = 'Transformer/encoderblock';

export const googleNpz: Layout = {
  name: "Google's ViT in JAX",
  recognises: ({ tensors }) =>
    tensors.has('embedding/kernel') && [...tensors.keys()].some((name) => name.startsWith(blocks)),
  read(source) {
    const { file, has } = source;
    const [height, width, in_chans, embed_dim] = source.shape('embedding/kernel', 4);
    const patch_size = squarePatch(file, 'embedding/kernel', height, width);
    if (!has('cls'))
      throw checkpointInvalid(
        file.path,
        'expected a class token, found none; models without one are not read',
        'cls',
        'Choose a ViT whose head reads a class token.',
      );
    const positionsName = has('pos_embedding') ? 'pos_embedding' : 'Transformer/posembed_input/pos_embedding';
    const [, positions] = source.shape(positionsName, 3);
    const { grid, bare } = gridOf(file, positionsName, positions, 1);
    const place = placeOf(source);
    const { heads, hidden, depth } = sizesOf(source, place);
    const preLogits = has('pre_logits/kernel');
    const notes = [...(bare ? [bareNote(1)] : []), ...(preLogits ? [preLogitsNote] : [])];
    return {
      words: `Google ViT (JAX${place.stacked === null ? '' : ', big_vision'})`,
      config: {
        img_size: grid * patch_size,
        patch_size,
        in_chans,
        num_classes: has('head/kernel') && !preLogits ? source.shape('head/kernel', 2)[1] : 0,
        embed_dim,
        depth,
        num_heads: heads,
        mlp_ratio: mlpRatioOf(hidden, embed_dim),
      },
      origin: (name, c) => originOf(name, c, { ...place, positionsName, bare }),
      leftOut: (name) => (preLogits && /^(pre_logits|head)\//.test(name) ? 'pre_logits and its head' : null),
      notes,
      labels: null,
    };
  },
};

interface Place {
  attention: string;
  mlp: string;
  norm2: string;
  /** Number of blocks that are stacked in each tensor; null where they lie one by one. */
  stacked: number | null;
}

/** The two ways flax has numbered the modules of a block, and whether blocks are stacked. */
function placeOf(source: Source): Place {
  const stacked = source.has(`${blocks}/LayerNorm_0/scale`) ? source.shape(`${blocks}/LayerNorm_0/scale`, 2)[0] : null;
  const first = stacked === null ? `${blocks}_0` : blocks;
  const late = source.has(`${first}/MultiHeadDotProductAttention_1/query/kernel`);
  return {
    attention: `MultiHeadDotProductAttention_${late ? 1 : 0}`,
    mlp: `MlpBlock_${late ? 3 : 0}`,
    norm2: `LayerNorm_${late ? 2 : 1}`,
    stacked,
  };
}

function sizesOf(source: Source, { attention, mlp, stacked }: Place) {
  if (stacked === null) {
    const [, heads] = source.shape(`${blocks}_0/${attention}/query/kernel`, 3);
    const [, hidden] = source.shape(`${blocks}_0/${mlp}/Dense_0/kernel`, 2);
    return { heads, hidden, depth: depthOf(source.file, /^Transformer\/encoderblock_(\d+)\//) };
  }
  const [, , heads] = source.shape(`${blocks}/${attention}/query/kernel`, 4);
  const [, , hidden] = source.shape(`${blocks}/${mlp}/Dense_0/kernel`, 3);
  return { heads, hidden, depth: stacked };
}

function originOf(name: string, c: VitConfig, place: Place & { positionsName: string; bare: boolean }): Origin {
  const D = c.embed_dim;
  const [stem, kind] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
  const inner = inBlock(stem);
  if (inner) return inBlockOf(inner[0], inner[1], kind, c, place);
  const n = (vitParameters(c).pos_embed?.[1] ?? 0) - (place.bare ? 1 : 0);
  const positions = take(place.positionsName, [1, n, D]);
  const P = c.patch_size;
  const top: Readonly<Record<string, Origin>> = {
    cls_token: take('cls', [1, 1, D]),
    pos_embed: place.bare ? join(zeros(D), positions) : positions,
    'patch_embed.proj.weight': take('embedding/kernel', [P, P, c.in_chans, D], [3, 2, 0, 1]),
    'patch_embed.proj.bias': take('embedding/bias', [D]),
    'norm.weight': take('Transformer/encoder_norm/scale', [D]),
    'norm.bias': take('Transformer/encoder_norm/bias', [D]),
    'head.weight': take('head/kernel', [D, c.num_classes], [1, 0]),
    'head.bias': take('head/bias', [c.num_classes]),
  };
  return top[name] ?? take(name, []);
}

/** Kernels are [in, out]; of query, key and value [D, heads, d], of out [heads, d, D]. */
function inBlockOf(block: number, part: string, kind: string, c: VitConfig, place: Place): Origin {
  const { attention, mlp, norm2, stacked } = place;
  const [D, heads] = [c.embed_dim, c.num_heads];
  const hidden = vitParameters(c)['blocks.0.mlp.fc1.bias']?.[0] ?? 0;
  const weight = kind === 'weight';
  const from = (tail: string, shape: number[], axes: number[]): Origin =>
    stacked === null
      ? take(`${blocks}_${block}/${tail}`, shape, axes.length > 1 ? axes : undefined)
      : {
          kind: 'take',
          tensor: `${blocks}/${tail}`,
          shape: [stacked, ...shape],
          at: block,
          ...(axes.length > 1 ? { axes } : {}),
        };
  const norm = (layer: string) => from(`${layer}/${weight ? 'scale' : 'bias'}`, [D], []);
  const dense = (tail: string, inputs: number, out: number) =>
    weight ? from(`${tail}/kernel`, [inputs, out], [1, 0]) : from(`${tail}/bias`, [out], []);
  switch (part) {
    case 'norm1':
      return norm('LayerNorm_0');
    case 'norm2':
      return norm(norm2);
    case 'mlp.fc1':
      return dense(`${mlp}/Dense_0`, D, hidden);
    case 'mlp.fc2':
      return dense(`${mlp}/Dense_1`, hidden, D);
    case 'attn.proj':
      return weight
        ? from(`${attention}/out/kernel`, [heads, D / heads, D], [2, 0, 1])
        : from(`${attention}/out/bias`, [D], []);
    default:
      return join(
        ...['query', 'key', 'value'].map((which) =>
          weight
            ? from(`${attention}/${which}/kernel`, [D, heads, D / heads], [1, 2, 0])
            : from(`${attention}/${which}/bias`, [heads, D / heads], []),
        ),
      );
  }
}
