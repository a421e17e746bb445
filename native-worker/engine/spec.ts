// Shapes and host values that cross the engine's border, and the checks that keep a wrong one outside. Knows no tfjs.
import { type Problem, UnsmoothError } from '../../contract/errors.ts';

export type DType = 'float32' | 'int32';

/** Static shape and dtype of a variable, an input or an output. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}
export type Specs = Readonly<Record<string, Spec>>;

/** Host values by name, row-major; a scalar is an array of length 1. */
export type Values = Record<string, Float32Array | Int32Array>;

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function sameSpec(a: Spec, b: Spec): boolean {
  return a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((d, i) => d === b.shape[i]);
}

/** `float32[4,3]`, the form every message uses. */
export function describeSpec(spec: { shape: readonly number[]; dtype: string }): string {
  return `${spec.dtype}[${spec.shape.join(',')}]`;
}

function problemOf(value: Float32Array | Int32Array | undefined, spec: Spec | undefined): string | undefined {
  if (spec === undefined) return 'has no place here';
  if (value === undefined) return `is missing: ${describeSpec(spec)}`;
  const dtype = value instanceof Float32Array ? 'float32' : value instanceof Int32Array ? 'int32' : typeof value;
  if (dtype !== spec.dtype) return `is ${dtype}, expected ${describeSpec(spec)}`;
  const size = sizeOf(spec.shape);
  return value.length === size ? undefined : `has ${value.length} values, expected ${size} for ${describeSpec(spec)}`;
}

/**
 * Checks names, dtypes and lengths of host values before the engine sees them.
 * @param required every spec must have a value (inputs of a call); otherwise only what is given is checked (put)
 * @throws UnsmoothError INPUT_INVALID listing every name at fault
 */
export function checkValues(what: string, values: Values, specs: Specs, required: boolean): void {
  const names = new Set([...Object.keys(values), ...(required ? Object.keys(specs) : [])]);
  const problems: Problem[] = [];
  for (const where of names) {
    const message = problemOf(values[where], specs[where]);
    if (message !== undefined) problems.push({ where, message });
  }
  if (problems.length === 0) return;
  const shown = problems.slice(0, 3).map((p) => `"${p.where}" ${p.message}`);
  const more = problems.length > 3 ? ` and ${problems.length - 3} more` : '';
  throw new UnsmoothError(
    'INPUT_INVALID',
    `${what}: ${shown.join('; ')}${more}.`,
    'Give every named array with the dtype and number of values of its shape.',
    problems,
  );
}
