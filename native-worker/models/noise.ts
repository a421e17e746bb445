// What is random in a training pass: stochastic depth and dropout. The model asks; where the numbers come from is not its concern.
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

/** After the position embedding; attention maps; attention projection and MLP; before the class head; pooled patches of a loss. */
export type DropSite = 'pos' | 'attn' | 'proj' | 'head' | 'patch_head';

export interface Noise {
  /** (2·depth, B) factors of the residual branches, 0 or 1/(1 - rate), attention and MLP of block 0 first; absent: none dropped. */
  dropPath?: Tensor2D | undefined;
  /** x with dropout at the next site of this kind; absent: none. */
  dropout?: ((x: Tensor, site: DropSite) => Tensor) | undefined;
}

/** Stochastic depth rate of each block, linear in depth (timm: torch.linspace(0, drop_path, depth)). */
export function dropPathRates(depth: number, dropPath: number): number[] {
  return Array.from({ length: depth }, (_, i) => (depth > 1 ? (dropPath * i) / (depth - 1) : 0));
}

/**
 * Dropout by rates per kind of site. `mask(shape, rate, site)` gives the factors; sites are counted in the order the model asks, those
 * without dropout too, so that one rate does not change what the others draw.
 */
export function dropoutBy(
  rates: Readonly<Record<DropSite, number>>,
  mask: (shape: readonly number[], rate: number, site: number) => Tensor,
): NonNullable<Noise['dropout']> {
  let asked = 0;
  return (x, site) => {
    const at = asked++;
    return rates[site] > 0 ? x.mul(mask(x.shape, rates[site], at)) : x;
  };
}
