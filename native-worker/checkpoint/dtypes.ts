// The element types a safetensors file may hold and their values as JavaScript arrays. Knows nothing of files.

export const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;
export type Dtype = keyof typeof elementBytes;
export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(elementBytes, name);

export type TensorArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

/** The bytes as an array of their type; F16 and BF16 as their bits (Uint16Array), F8 and BOOL as bytes. No copy. */
export function asArray(dtype: Dtype, buffer: ArrayBuffer): TensorArray {
  switch (dtype) {
    case 'BOOL':
    case 'U8':
    case 'F8_E4M3':
    case 'F8_E5M2':
      return new Uint8Array(buffer);
    case 'I8':
      return new Int8Array(buffer);
    case 'U16':
    case 'F16':
    case 'BF16':
      return new Uint16Array(buffer);
    case 'I16':
      return new Int16Array(buffer);
    case 'U32':
      return new Uint32Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'U64':
      return new BigUint64Array(buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'F64':
      return new Float64Array(buffer);
  }
}

/** Values as float32, or undefined for a type that has no plain reading as floats (F8). */
export function asFloat32(dtype: Dtype, buffer: ArrayBuffer): Float32Array | undefined {
  const array = asArray(dtype, buffer);
  if (array instanceof Float32Array) return array;
  if (array instanceof BigInt64Array || array instanceof BigUint64Array)
    return Float32Array.from({ length: array.length }, (_, i) => Number(array[i]));
  if (dtype === 'F16') return Float32Array.from(array, halfToNumber);
  if (dtype === 'BF16') return new Float32Array(Uint32Array.from(array, (bits) => bits << 16).buffer);
  if (dtype === 'F8_E4M3' || dtype === 'F8_E5M2') return undefined;
  return Float32Array.from(array);
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
