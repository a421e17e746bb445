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
  if (dtype === 'F8_E4M3' || dtype === 'F8_E5M2') return undefined;
  if (dtype !== 'F16' && dtype !== 'BF16') return new Float32Array(array);
  return new Float32Array((dtype === 'BF16' ? widened : halvesWidened)(new Uint16Array(buffer)).buffer);
}

function widened(from: Uint16Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(from.length);
  for (let i = 0; i < bits.length; i++) bits[i] = (from[i] as number) << 16;
  return bits;
}

function halvesWidened(from: Uint16Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(from.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halfBits(from[i] as number);
  return bits;
}

/** IEEE 754 binary16 to the bits of binary32. */
function halfBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  let fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  let shift = 113; // subnormal: shifted until its first bit is the implied one
  while ((fraction & 0x400) === 0) {
    fraction <<= 1;
    shift--;
  }
  return sign | (shift << 23) | ((fraction & 0x3ff) << 13);
}
