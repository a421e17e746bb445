// The part of ONNX's protobuf schema that is written here (onnx.proto, IR version 8, opset 17), and the types of its messages.
import protobuf from 'protobufjs/light.js';

export const irVersion = 8;
/** The first with LayerNormalization. */
export const opset = 17;

export const dataTypes = { F32: 1, I64: 7, F16: 10, BF16: 16 } as const;
export const attributeTypes = { f: 1, i: 2, ints: 7 } as const;

export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  ints?: readonly number[];
}
export interface NodeProto {
  name: string;
  opType: string;
  input: readonly string[];
  output: readonly string[];
  attribute: readonly AttributeProto[];
}
export interface TensorProto {
  name: string;
  dims: readonly number[];
  dataType: number;
  /** Little-endian, row-major. */
  rawData?: Uint8Array;
}
export interface ValueInfoProto {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: readonly ({ dimValue: number } | { dimParam: string })[] } } };
}
export interface GraphProto {
  name: string;
  node: readonly NodeProto[];
  input: readonly ValueInfoProto[];
  output: readonly ValueInfoProto[];
  initializer: readonly TensorProto[];
}
export interface ModelProto {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  opsetImport: readonly { domain: string; version: number }[];
  metadataProps: readonly { key: string; value: string }[];
  graph?: GraphProto;
}

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id });

/** Field numbers, as onnx.proto has them. */
const root = protobuf.Root.fromJSON({
  nested: {
    AttributeProto: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        ints: many('int64', 8),
        type: one('int32', 20),
      },
    },
    NodeProto: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        opType: one('string', 4),
        attribute: many('AttributeProto', 5),
      },
    },
    TensorProto: {
      fields: {
        dims: many('int64', 1),
        dataType: one('int32', 2),
        name: one('string', 8),
        rawData: one('bytes', 9),
      },
    },
    Dimension: { fields: { dimValue: one('int64', 1), dimParam: one('string', 2) } },
    TensorShapeProto: { fields: { dim: many('Dimension', 1) } },
    TensorTypeProto: { fields: { elemType: one('int32', 1), shape: one('TensorShapeProto', 2) } },
    TypeProto: { fields: { tensorType: one('TensorTypeProto', 1) } },
    ValueInfoProto: { fields: { name: one('string', 1), type: one('TypeProto', 2) } },
    GraphProto: {
      fields: {
        node: many('NodeProto', 1),
        name: one('string', 2),
        initializer: many('TensorProto', 5),
        input: many('ValueInfoProto', 11),
        output: many('ValueInfoProto', 12),
      },
    },
    OperatorSetIdProto: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    StringStringEntryProto: { fields: { key: one('string', 1), value: one('string', 2) } },
    ModelProto: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        producerVersion: one('string', 3),
        graph: one('GraphProto', 7),
        opsetImport: many('OperatorSetIdProto', 8),
        metadataProps: many('StringStringEntryProto', 14),
      },
    },
  },
});

interface Messages {
  ModelProto: ModelProto;
  GraphProto: GraphProto;
  TensorProto: TensorProto;
}

export function encode<M extends keyof Messages>(message: M, value: Messages[M]): Uint8Array {
  return root.lookupType(message).encode(value).finish();
}

/** Of a file's whole bytes. Throws for bytes that are no such message. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const type = root.lookupType('ModelProto');
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as ModelProto;
}

/** Number and kind of a field before its value, and the value's length: what stands before a value that is streamed. */
export function prefix(message: keyof Messages, field: string, bytes: number): Uint8Array {
  const { id } = root.lookupType(message).fields[field] as protobuf.Field;
  const lengthDelimited = 2;
  return protobuf.Writer.create()
    .uint32((id << 3) | lengthDelimited)
    .uint32(bytes)
    .finish();
}
