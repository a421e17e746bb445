// CutMix for patch mixing. CutMix lies on the patch grid: the pasted rectangle is made of whole patches, so no patch straddles
// and every patch has exactly one label. Box size after Yun et al. 2019 (side share sqrt(1 - lambda), clipped at the border).
import { keyedRandom, streams } from '../../core/random.ts';

export interface MixableBatch {
  /** [B, imgSize, imgSize, channels]; mixed in place. */
  images: Float32Array;
  /** [B]. */
  labels: Int32Array;
}

export interface MixOptions {
  imgSize: number;
  patchSize: number;
  channels: number;
  seed: number;
  /** Micro step: every forward pass draws its own boxes. */
  step: number;
}

export interface Mixed {
  /** The image's own share of each patch, 1 or 0, [B * n], patches row-major. */
  patchShare: Float32Array;
  /** Label of the image pasted from, [B]. */
  partnerLabels: Int32Array;
  /** Share of own pixels, [B]; from the box as pasted, not as drawn. */
  lambda: Float32Array;
}

/** A rectangle in patches: rows top … bottom-1, columns left … right-1. */
interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/**
 * Pastes into image i a rectangle of image B-1-i (timm mixes with the flipped batch), each image with its own
 * lambda ~ Beta(1, 1) and box. Targets: cross-entropy is lambda * own + (1 - lambda) * partner; patches by `patchShare`.
 */
export function mixOnGrid(batch: MixableBatch, o: MixOptions): Mixed {
  const { images, labels } = batch;
  const count = labels.length;
  const grid = o.imgSize / o.patchSize;
  const n = grid * grid;
  const pixels = o.imgSize * o.imgSize * o.channels;
  const patchShare = new Float32Array(count * n).fill(1);
  const partnerLabels = new Int32Array(count);
  const lambda = new Float32Array(count);
  const boxes = Array.from({ length: count }, (_, i) => drawBox(grid, o.seed, o.step, i));

  for (const [i, box] of boxes.entries()) {
    partnerLabels[i] = labels[count - 1 - i]!;
    lambda[i] = 1 - ((box.bottom - box.top) * (box.right - box.left)) / n;
    for (let y = box.top; y < box.bottom; y++)
      patchShare.fill(0, i * n + y * grid + box.left, i * n + y * grid + box.right);
  }
  for (let i = 0; i < count >> 1; i++) {
    const j = count - 1 - i;
    const first = images.subarray(i * pixels, (i + 1) * pixels);
    const second = images.subarray(j * pixels, (j + 1) * pixels);
    const firstBefore = first.slice();
    paste(second, first, boxes[i]!, o);
    paste(firstBefore, second, boxes[j]!, o);
  }
  return { patchShare, partnerLabels, lambda };
}

function drawBox(grid: number, seed: number, step: number, image: number): Box {
  const random = keyedRandom(seed, streams.mix, step, image);
  const side = Math.round(grid * Math.sqrt(1 - random.beta(1, 1)));
  const span = (centre: number): [number, number] => {
    const from = centre - (side >> 1);
    return [Math.max(0, from), Math.min(grid, from + side)];
  };
  const [top, bottom] = span(random.int(grid));
  const [left, right] = span(random.int(grid));
  return { top, bottom, left, right };
}

function paste(from: Float32Array, to: Float32Array, box: Box, o: MixOptions): void {
  const row = o.imgSize * o.channels;
  const left = box.left * o.patchSize * o.channels;
  const right = box.right * o.patchSize * o.channels;
  for (let y = box.top * o.patchSize; y < box.bottom * o.patchSize; y++)
    to.set(from.subarray(y * row + left, y * row + right), y * row + left);
}
