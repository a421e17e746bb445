// Weights for another image size, patch size or number of channels, as timm makes them. Knows nothing of files.
import type { VitConfig } from '../models/vit-config.ts';

type Matrix = Float64Array[];

/** Cubic convolution with a = -0.5, as Pillow and torch's antialiased bicubic have it (Keys 1981). */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/** (to, from): one axis of torch's interpolate(mode='bicubic', antialias=True, align_corners=False). */
export function bicubicMatrix(from: number, to: number): Matrix {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = scale * (i + 0.5);
    const low = Math.max(Math.trunc(centre - 2 * stretch + 0.5), 0);
    const high = Math.min(Math.trunc(centre + 2 * stretch + 0.5), from);
    const row = new Float64Array(from);
    let sum = 0;
    for (let j = low; j < high; j++) sum += row[j] = cubic((j - centre + 0.5) / stretch);
    return row.map((w) => w / sum);
  });
}

/**
 * Position embedding (1, prefix + from², D) → (1, prefix + to², D); the prefix is kept. timm's resample_abs_pos_embed.
 */
export function resamplePositions(
  values: Float32Array,
  prefix: number,
  from: number,
  to: number,
  D: number,
): Float32Array {
  const out = new Float32Array((prefix + to * to) * D);
  out.set(values.subarray(0, prefix * D));
  const matrix = bicubicMatrix(from, to);
  const rows = new Float64Array(to * from * D); // (y', x, D)
  for (let y = 0; y < to; y++)
    for (let source = 0; source < from; source++) {
      const weight = matrix[y]?.[source] ?? 0;
      if (weight === 0) continue;
      for (let i = 0; i < from * D; i++)
        rows[y * from * D + i] =
          (rows[y * from * D + i] ?? 0) + weight * (values[(prefix + source * from) * D + i] ?? 0);
    }
  const row = new Float64Array(D);
  for (let y = 0; y < to; y++)
    for (let x = 0; x < to; x++) {
      row.fill(0);
      for (let source = 0; source < from; source++) {
        const weight = matrix[x]?.[source] ?? 0;
        if (weight === 0) continue;
        for (let d = 0; d < D; d++) row[d] = (row[d] ?? 0) + weight * (rows[(y * from + source) * D + d] ?? 0);
      }
      out.set(row, (prefix + y * to + x) * D);
    }
  return out;
}

/**
 * Patch embedding (D, C, from, from) → (D, C, to, to), so that patches resized by the same factor embed alike: each kernel times
 * the pseudo-inverse of the resize (FlexiViT; timm's resample_patch_embed). The resize of both axes is a Kronecker product, and so is
 * its singular value decomposition.
 */
export function resamplePatches(values: Float32Array, from: number, to: number): Float32Array {
  const { U, s, V } = singularValues(bicubicMatrix(from, to));
  const rank = s.length;
  const largest = Math.max(...s) ** 2;
  const cut = largest * Math.max(from, to) ** 2 * 2 ** -23; // torch.linalg.pinv's of float32
  const kernels = values.length / (from * from);
  const out = new Float32Array(kernels * to * to);
  const half = new Float64Array(rank * from);
  const core = new Float64Array(rank * rank);
  const wide = new Float64Array(to * rank);
  for (let k = 0; k < kernels; k++) {
    const at = k * from * from;
    half.fill(0);
    for (let i = 0; i < rank; i++)
      for (let y = 0; y < from; y++)
        for (let x = 0; x < from; x++) half[i * from + x]! += V[y]![i]! * values[at + y * from + x]!;
    for (let i = 0; i < rank; i++)
      for (let j = 0; j < rank; j++) {
        let sum = 0;
        for (let x = 0; x < from; x++) sum += half[i * from + x]! * V[x]![j]!;
        const product = s[i]! * s[j]!;
        core[i * rank + j] = product > cut ? sum / product : 0;
      }
    wide.fill(0);
    for (let y = 0; y < to; y++)
      for (let i = 0; i < rank; i++)
        for (let j = 0; j < rank; j++) wide[y * rank + j]! += U[y]![i]! * core[i * rank + j]!;
    for (let y = 0; y < to; y++)
      for (let x = 0; x < to; x++) {
        let sum = 0;
        for (let j = 0; j < rank; j++) sum += wide[y * rank + j]! * U[x]![j]!;
        out[k * to * to + y * to + x] = sum;
      }
  }
  return out;
}

/**
 * Patch embedding (D, C, P, P) for another number of channels: summed for one, else repeated and scaled. timm's
 * adapt_input_conv, of which only 3 channels can become more than one.
 */
export function adaptChannels(values: Float32Array, c: VitConfig, channels: number): Float32Array {
  const [D, C, area] = [c.embed_dim, c.in_chans, c.patch_size ** 2];
  const out = new Float32Array(D * channels * area);
  for (let d = 0; d < D; d++)
    for (let to = 0; to < (channels === 1 ? C : channels); to++)
      for (let p = 0; p < area; p++) {
        const value = values[(d * C + (to % C)) * area + p] ?? 0;
        if (channels === 1) out[d * area + p]! += value;
        else out[(d * channels + to) * area + p] = (value * C) / channels;
      }
  return out;
}

/** A = U diag(s) V' by one-sided Jacobi rotations (Golub & Van Loan 8.6.3). U (m, n), V (n, n); the smaller side first is not needed. */
function singularValues(a: Matrix): { U: Matrix; s: number[]; V: Matrix } {
  const n = a[0]?.length ?? 0;
  const U = a.map((row) => row.slice());
  const V = Array.from({ length: n }, (_, i) => new Float64Array(n).map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (const row of U) {
          pp += row[p]! ** 2;
          qq += row[q]! ** 2;
          pq += row[p]! * row[q]!;
        }
        if (Math.abs(pq) <= 1e-15 * Math.sqrt(pp * qq) || pq === 0) continue;
        rotated = true;
        const zeta = (qq - pp) / (2 * pq);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cos = 1 / Math.sqrt(1 + t * t);
        for (const row of [...U, ...V]) {
          const [x, y] = [row[p]!, row[q]!];
          row[p] = cos * (x - t * y);
          row[q] = cos * (t * x + y);
        }
      }
    if (!rotated) break;
  }
  const s = Array.from({ length: n }, (_, j) => Math.sqrt(U.reduce((sum, row) => sum + row[j]! ** 2, 0)));
  for (const row of U) row.set(row.map((v, j) => (s[j]! > 0 ? v / s[j]! : 0)));
  return { U, s, V };
}
