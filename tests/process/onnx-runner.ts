// Runs an ONNX file of ours by tfjs's plain CPU kernels: what each operator means, as onnx.ai/onnx/operators says it, and no more
// operators than the files have. The peers' test asks onnxruntime itself.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { dataTypes, decodeModel, type NodeProto, type TensorProto } from '../../native-worker/export/onnx/schema.ts';

/** `images` (batch, C, S, S) → the one output, row-major. */
export function runOnnx(file: Uint8Array, images: Float32Array, batch: number): { name: string; values: Float32Array } {
  tf.setBackend('cpu');
  const { graph } = decodeModel(file);
  const [input, output] = [graph?.input[0], graph?.output[0]];
  if (!graph || !input || !output) throw new Error('a model without graph, input or output');
  const dims = input.type.tensorType.shape.dim.map((d) => ('dimValue' in d ? d.dimValue : batch));
  const values = tf.tidy(() => {
    const known = new Map<string, tf.Tensor>(graph.initializer.map((t) => [t.name, constant(t)]));
    known.set(input.name, tf.tensor(images, dims));
    for (const node of graph.node) {
      const inputs = node.input.map((name) => {
        const tensor = known.get(name);
        if (!tensor) throw new Error(`${node.name} needs ${name} before it is there`);
        return tensor;
      });
      for (const [i, tensor] of run(node, inputs).entries()) known.set(node.output[i] as string, tensor);
    }
    return (known.get(output.name) as tf.Tensor).dataSync() as Float32Array;
  });
  return { name: output.name, values: Float32Array.from(values) };
}

function constant({ dims, dataType, rawData = new Uint8Array() }: TensorProto): tf.Tensor {
  const bytes = Uint8Array.from(rawData).buffer;
  if (dataType === dataTypes.F32) return tf.tensor(new Float32Array(bytes), [...dims]);
  return tf.tensor(Int32Array.from(new BigInt64Array(bytes), Number), [...dims], 'int32');
}

const numbers = (t: tf.Tensor | undefined): number[] => Array.from(t?.dataSync() ?? []);

function run(node: NodeProto, [a, b, c, ...more]: tf.Tensor[]): tf.Tensor[] {
  if (!a) throw new Error(`${node.name} has no input`);
  const attribute = (name: string) => node.attribute.find((x) => x.name === name);
  const int = (name: string, otherwise: number) => attribute(name)?.i ?? otherwise;
  const ints = (name: string) => [...(attribute(name)?.ints ?? [])];
  const second = b as tf.Tensor;
  switch (node.opType) {
    case 'Identity':
      return [a];
    case 'Add':
      return [a.add(second)];
    case 'Mul':
      return [a.mul(second)];
    case 'MatMul':
      return [tf.matMul(a, second)];
    case 'Gemm':
      return [tf.matMul(a, second, false, int('transB', 0) === 1).add(c as tf.Tensor)];
    case 'Erf':
      return [a.erf()];
    case 'Softmax':
      return [tf.softmax(a, int('axis', -1))];
    case 'Reshape':
      return [a.reshape(numbers(b))];
    case 'Transpose':
      return [a.transpose(ints('perm'))];
    case 'Split':
      return tf.split(a, node.output.length, int('axis', 0));
    case 'Concat':
      return [tf.concat([a, b, c, ...more].filter((t) => t !== undefined) as tf.Tensor[], int('axis', 0))];
    case 'Shape':
      return [tf.tensor1d(a.shape.slice(int('start', 0), int('end', a.rank)), 'int32')];
    case 'Expand':
      return [a.mul(tf.ones(numbers(b)))];
    case 'Gather':
      return [tf.gather(a, second as tf.Tensor1D, int('axis', 0))];
    case 'Slice': {
      const [[from = 0], [to = 0], [axis = 0]] = [numbers(b), numbers(c), numbers(more[0])];
      const [begin, size] = [new Array<number>(a.rank).fill(0), [...a.shape]];
      begin[axis] = from;
      size[axis] = to - from;
      return [a.slice(begin, size)];
    }
    case 'ReduceMean':
      return [a.mean(ints('axes'), int('keepdims', 1) === 1)];
    case 'LayerNormalization': {
      const centred = a.sub(a.mean(-1, true));
      const variance = centred.square().mean(-1, true);
      const epsilon = attribute('epsilon')?.f ?? 1e-5;
      return [
        centred
          .div(variance.add(epsilon).sqrt())
          .mul(second)
          .add(c as tf.Tensor),
      ];
    }
    case 'Conv': {
      const side = ints('strides')[0] ?? 1;
      const images = a.transpose([0, 2, 3, 1]) as tf.Tensor4D;
      const kernel = second.transpose([2, 3, 1, 0]) as tf.Tensor4D;
      return [
        tf
          .conv2d(images, kernel, side, 'valid')
          .add(c as tf.Tensor)
          .transpose([0, 3, 1, 2]),
      ];
    }
    default:
      throw new Error(`${node.name}: an operator that is not expected`);
  }
}
