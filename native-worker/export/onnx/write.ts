// A model as one ONNX file, its weights written one after another, never two of them in memory.
import { version } from '../../../contract/version.ts';
import type { ModelTensor } from '../../checkpoint/layouts/origin.ts';
import type { VitConfig } from '../../models/vit-config.ts';
import { type ExportedModel, float32Pieces } from '../model.ts';
import { tooLarge } from '../refused.ts';
import { dataTypes, encode, irVersion, opset, prefix, type TensorProto, type ValueInfoProto } from './schema.ts';
import { vitGraph } from './vit.ts';

/** A protobuf message has at most 2 GiB. */
const messageCap = 2 ** 31 - 1;

/** What the input and the output are called. */
export const onnxNames = (c: VitConfig) => ({ input: 'images', output: c.num_classes > 0 ? 'logits' : 'features' });

/** The file in pieces, in order: `bytes` in all. Throws USAGE for a model that one file cannot hold. */
export function onnxFile(model: ExportedModel): { bytes: number; pieces: Iterable<Uint8Array> } {
  const c = model.config;
  const { input, output } = onnxNames(c);
  const { nodes, constants, dims } = vitGraph(c, output);
  const graph = encode('GraphProto', {
    name: 'vit',
    node: nodes,
    input: [floats(input, c.in_chans, c.img_size, c.img_size)],
    output: [floats(output, c.num_classes > 0 ? c.num_classes : c.embed_dim)],
    initializer: constants,
  });
  const weights = [...model.tensors].map(([name, tensor]) => weightOf(name, tensor, dims.get(name) ?? tensor.shape));
  const graphBytes = graph.length + weights.reduce((sum, w) => sum + w.head.length + w.bytes, 0);
  const head = encode('ModelProto', {
    irVersion,
    producerName: 'unsmooth',
    producerVersion: version,
    opsetImport: [{ domain: '', version: opset }],
    metadataProps: Object.entries(metadataOf(model)).map(([key, value]) => ({ key, value })),
  });
  const bytes = head.length + prefix('ModelProto', 'graph', graphBytes).length + graphBytes;
  if (bytes > messageCap) throw tooLarge('onnx', bytes, messageCap);

  function* pieces() {
    yield head;
    yield prefix('ModelProto', 'graph', graphBytes);
    yield graph;
    for (const { head, tensor } of weights) {
      yield head;
      yield* float32Pieces(tensor);
    }
  }
  return { bytes, pieces: { [Symbol.iterator]: pieces } };
}

/** What a user of the file has to know of its images and classes. */
function metadataOf({ config, normalisation, labels }: ExportedModel): Record<string, string> {
  return {
    model: JSON.stringify(config),
    ...(normalisation ? { mean: JSON.stringify(normalisation.mean), std: JSON.stringify(normalisation.std) } : {}),
    ...(labels ? { labels: JSON.stringify(labels) } : {}),
  };
}

/** An initializer: `head` is everything that stands before its values. */
function weightOf(name: string, tensor: ModelTensor, dims: readonly number[]) {
  const bytes = 4 * dims.reduce((a, b) => a * b, 1);
  const described: TensorProto = { name, dims, dataType: dataTypes.F32 };
  const inner = Buffer.concat([encode('TensorProto', described), prefix('TensorProto', 'rawData', bytes)]);
  const head = Buffer.concat([prefix('GraphProto', 'initializer', inner.length + bytes), inner]);
  return { head, bytes, tensor };
}

/** A float32 value of the graph; the batch is open. */
function floats(name: string, ...rest: number[]): ValueInfoProto {
  const dim = [{ dimParam: 'batch' }, ...rest.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: dataTypes.F32, shape: { dim } } } };
}
