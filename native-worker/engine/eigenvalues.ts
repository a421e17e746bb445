// Eigenvalues of symmetric matrices: an operation tfjs lacks, with a kernel on every replay backend. Outside XLA: a call that
// uses it has the form `graph`.
import { type KernelBackend, registerKernel, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { eigenvaluesKernel } from './kernels/eigenvalues.ts';
import { tf } from './tfjs.ts';

/**
 * @param x symmetric matrices, float32 [..., n, n]; only the lower triangle is read by TensorFlow
 * @returns their eigenvalues in ascending order, [..., n]. No gradient.
 */
export function eigenvalues(x: Tensor): Tensor {
  return tf.engine().runKernel(eigenvaluesKernel, { x });
}

/**
 * Eigenvalues of one symmetric matrix by cyclic Jacobi rotations in float64, ascending (Golub & Van Loan, Matrix Computations,
 * 8.5).
 * @param matrix n x n, row-major; is overwritten
 */
export function jacobiEigenvalues(matrix: Float64Array, n: number): number[] {
  const at = (i: number, j: number): number => matrix[i * n + j]!;
  const total = matrix.reduce((sum, v) => sum + v * v, 0);
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += at(i, j) ** 2;
    if (off <= 1e-24 * total) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(matrix, n, p, q);
  }
  return Array.from({ length: n }, (_, i) => at(i, i)).sort((a, b) => a - b);
}

/** One rotation that makes element (p, q) zero. */
function rotate(a: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!;
  if (apq === 0) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [kp, kq] = [a[k * n + p]!, a[k * n + q]!];
    a[k * n + p] = c * kp - s * kq;
    a[k * n + q] = s * kp + c * kq;
  }
  for (let k = 0; k < n; k++) {
    const [pk, qk] = [a[p * n + k]!, a[q * n + k]!];
    a[p * n + k] = c * pk - s * qk;
    a[q * n + k] = s * pk + c * qk;
  }
}

/** What the host kernel needs of a backend; all that replay uses have it. */
interface HostAccess {
  readSync(dataId: object): Float32Array;
  write(values: Float32Array, shape: number[], dtype: 'float32'): object;
}

function onHost(x: TensorInfo, backend: HostAccess): TensorInfo {
  const n = x.shape.at(-1)!;
  const values = backend.readSync(x.dataId);
  const result = new Float32Array(values.length / n);
  for (let m = 0; m < result.length / n; m++)
    result.set(jacobiEigenvalues(Float64Array.from(values.subarray(m * n * n, (m + 1) * n * n)), n), m * n);
  const shape = x.shape.slice(0, -1);
  return { dataId: backend.write(result, shape, 'float32'), shape, dtype: 'float32' };
}

for (const backendName of ['cpu', 'wasm', 'tensorflow'])
  registerKernel({
    kernelName: eigenvaluesKernel,
    backendName,
    kernelFunc: ({ inputs, backend }) => onHost(inputs.x!, backend as KernelBackend as unknown as HostAccess),
  });
