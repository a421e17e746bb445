// Writes ONNX nodes down one after another, each operator as one call that returns the name of its output. Knows no model.
import { type AttributeProto, attributeTypes, dataTypes, type NodeProto, type TensorProto } from './schema.ts';

/** A value of the graph, by name. */
export type Value = string;
type Attributes = Readonly<Record<string, number | readonly number[] | { float: number }>>;

export class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly #constants = new Map<string, TensorProto>();

  get constants(): TensorProto[] {
    return [...this.#constants.values()];
  }

  /** One operator with one output, named after `at` (a place in the model). */
  op(at: string, opType: string, input: readonly Value[], attributes: Attributes = {}): Value {
    return this.#add(at, opType, input, attributes, 1)[0] as Value;
  }

  /** Equal parts along an axis. */
  split(at: string, x: Value, axis: number, parts: number): Value[] {
    return this.#add(at, 'Split', [x], { axis }, parts);
  }

  ints(...values: number[]): Value {
    const raw = BigInt64Array.from(values, BigInt);
    return this.#constant(`ints ${values}`, dataTypes.I64, [values.length], new Uint8Array(raw.buffer));
  }

  /** An int64 without dimensions, which picks one place and drops the axis. */
  index(value: number): Value {
    const raw = BigInt64Array.of(BigInt(value));
    return this.#constant(`index ${value}`, dataTypes.I64, [], new Uint8Array(raw.buffer));
  }

  float(value: number): Value {
    return this.#constant(`float ${value}`, dataTypes.F32, [], new Uint8Array(Float32Array.of(value).buffer));
  }

  #constant(name: string, dataType: number, dims: number[], rawData: Uint8Array): Value {
    this.#constants.set(name, { name, dims, dataType, rawData });
    return name;
  }

  #add(at: string, opType: string, input: readonly Value[], attributes: Attributes, outputs: number): Value[] {
    const name = `${at}/${opType}.${this.nodes.length}`;
    const output = Array.from({ length: outputs }, (_, i) => (outputs === 1 ? name : `${name}:${i}`));
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push({ name, opType, input, output, attribute });
    return output;
  }
}

function attributeOf(name: string, value: Attributes[string]): AttributeProto {
  if (typeof value === 'number') return { name, type: attributeTypes.i, i: value };
  if ('float' in value) return { name, type: attributeTypes.f, f: value.float };
  return { name, type: attributeTypes.ints, ints: value };
}
