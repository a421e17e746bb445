// Small models of every kind that is given back, with weights far from any initialisation.
import { keyedRandom } from '../../core/random.ts';
import { vitMetadata } from '../../native-worker/checkpoint/vit-config.ts';
import { type WritableTensor, writeSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';
import { type VitConfig, vitParameters } from '../../native-worker/models/vit-config.ts';

const plain: VitConfig = {
  img_size: 16,
  patch_size: 4,
  in_chans: 3,
  num_classes: 5,
  embed_dim: 24,
  depth: 2,
  num_heads: 3,
  mlp_ratio: 2,
};

export const modelKinds = {
  plain,
  distilled: { ...plain, distilled: true },
  'second-token': { ...plain, reg_tokens: 1 },
  pooled: { ...plain, global_pool: 'avg', fc_norm: true, init_values: 1e-5, reg_tokens: 2 },
  everything: { ...plain, global_pool: 'avg', reg_tokens: 2, talking_heads: true, init_values: 1e-5 },
  'other-epsilon': { ...plain, norm_eps: 1e-2 },
} as const satisfies Record<string, VitConfig>;
export type ModelKind = keyof typeof modelKinds;

/** A file with timm's names, as a run leaves it; `draw`: normal numbers. */
export function writeModel(file: string, config: VitConfig, draw = drawn()): void {
  const shapes = Object.entries(vitParameters(config));
  const tensors = shapes.map(([name, shape]): [string, WritableTensor] => {
    const scale = name.endsWith('weight') && shape.length > 1 ? 2 / Math.sqrt(shape[1] as number) : 0.5;
    const centre = /(norm\d?\.weight|gamma)$/.test(name) ? 1 : 0;
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => centre + scale * draw());
    return [name, { dtype: 'F32', shape, data }];
  });
  const data = { dataset: 'drawn', classes: config.num_classes, mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] };
  writeSafetensors(file, Object.fromEntries(tensors), vitMetadata(config, data));
}

function drawn(): () => number {
  const random = keyedRandom(7, 97, 0, 0);
  return () => random.normal();
}
