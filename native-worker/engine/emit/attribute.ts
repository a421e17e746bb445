// The attribute values of a TensorFlow node as plain data, and TensorFlow's numbers for dtypes. Knows no protobuf class.

export const typeCode = { float32: 1, int32: 3, bool: 10, bfloat16: 14, resource: 20, uint32: 22 } as const;

export type Attribute =
  | { readonly kind: 'type'; readonly type: keyof typeof typeCode }
  | { readonly kind: 'types'; readonly types: readonly (keyof typeof typeCode)[] }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'shape'; readonly shape: readonly number[] }
  | { readonly kind: 'open'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string; readonly attributes: Readonly<Record<string, Attribute>> }
  | {
      readonly kind: 'tensor';
      readonly dtype: keyof typeof typeCode;
      readonly shape: readonly number[];
      readonly values: Float32Array | Int32Array | Uint8Array;
    };

export const type = (t: keyof typeof typeCode): Attribute => ({ kind: 'type', type: t });
export const types = (t: readonly (keyof typeof typeCode)[]): Attribute => ({ kind: 'types', types: t });
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const bool = (value: boolean): Attribute => ({ kind: 'bool', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });
export const shape = (s: readonly number[]): Attribute => ({ kind: 'shape', shape: s });
