// A model on its way out: configuration, weights by timm's names, and what is known of its data. Knows no target.
import type { ModelTensor } from '../checkpoint/layouts/origin.ts';
import type { OpenModel } from '../checkpoint/open-model.ts';
import type { StreamedTensor } from '../checkpoint/write-safetensors.ts';

export type ExportedModel = Pick<OpenModel, 'config' | 'tensors' | 'normalisation' | 'labels'>;

const pieceBytes = 2 ** 22;

/** A tensor's values as bytes of float32, in pieces; one of half precision is widened whole. */
export function float32Pieces(tensor: ModelTensor): Iterable<Uint8Array> {
  return tensor.dtype === 'F32' ? tensor.chunks(pieceBytes) : [bytesOf(tensor.read())];
}

export const float32Tensor = (tensor: ModelTensor): StreamedTensor => ({
  dtype: 'F32',
  shape: tensor.shape,
  chunks: () => float32Pieces(tensor),
});

export const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
