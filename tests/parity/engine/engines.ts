// The engines that run here and what a test may expect of each.
import { createExecutor, type Executor, type Program } from '../../../native-worker/engine/index.ts';

export const variants = [
  { name: 'xla', options: { engine: 'cpu', form: 'xla' } },
  { name: 'graph', options: { engine: 'cpu', form: 'graph' } },
  { name: 'tensorflow', options: { engine: 'tensorflow' } },
  { name: 'wasm', options: { engine: 'wasm' } },
] as const;

export type Variant = (typeof variants)[number];

/** Runs `use` with an executor and disposes it whatever happens. */
export async function withExecutor<T>(
  program: Program,
  options: Parameters<typeof createExecutor>[1],
  use: (executor: Executor) => Promise<T>,
): Promise<T> {
  const executor = await createExecutor(program, options);
  try {
    return await use(executor);
  } finally {
    executor.dispose();
  }
}

/** Largest difference over the largest value (or 1); NaN and infinity agree with themselves. */
export function kernelError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let [largest, difference] = [1, 0];
  for (let i = 0; i < want.length; i++) {
    if (Number.isNaN(want[i]!) || Number.isNaN(got[i]!)) {
      if (Number.isNaN(want[i]!) !== Number.isNaN(got[i]!)) return Number.POSITIVE_INFINITY;
    } else if (got[i] !== want[i]) {
      largest = Math.max(largest, Math.abs(want[i]!));
      difference = Math.max(difference, Math.abs(got[i]! - want[i]!));
    }
  }
  return difference / largest;
}
