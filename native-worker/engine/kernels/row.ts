// What one row of the kernel table is: how a tfjs kernel's output shape follows from its inputs, and how a recorded node
// becomes TensorFlow operations. Knows neither the recorder nor the protobuf classes.
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Attribute } from '../emit/attribute.ts';

/** dtypes inside a traced function; a bool leaves it as int32. */
export type NodeDType = 'float32' | 'int32' | 'bool';

export type AttrValue = number | boolean | string | number[] | number[][] | undefined;
export type Attrs = Readonly<Record<string, AttrValue>>;

export type TypedValues = Float32Array | Int32Array | Uint8Array;

/** One recorded operation; `inputs` are indices of earlier nodes, `attrs` the tfjs kernel's own, with axes made explicit. */
export interface TraceNode {
  readonly kernel: string;
  readonly inputs: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: NodeDType;
  readonly attrs: Attrs;
  /** Only of `Const`. */
  readonly values?: TypedValues;
}

/** A node before it is recorded: its inputs are still tensors. */
export interface Draft {
  readonly inputs: readonly TensorInfo[];
  readonly shape: readonly number[];
  readonly dtype: NodeDType;
  readonly attrs?: Attrs;
}

export type KernelInputs = Readonly<Record<string, TensorInfo>>;

/** What a row may ask for while its node is emitted; results are references to outputs (`name:output:0`). */
export interface Emitter {
  readonly matmul: 'fp32' | 'bf16';
  readonly form: 'xla' | 'graph';
  op(op: string, output: string, inputs: readonly string[], attrs: Readonly<Record<string, Attribute>>): string;
  constant(dtype: NodeDType, shape: readonly number[], values: TypedValues): string;
  int32(values: readonly number[], shape?: readonly number[]): string;
}

/** A node as its row sees it when emitting: references and specs of its inputs in place of indices. */
export interface EmitNode extends TraceNode {
  readonly refs: readonly string[];
  readonly operands: readonly TraceNode[];
}

/** A kernel that becomes a node of its own. */
export interface KernelRow {
  readonly kernel: string;
  /** Names of the tfjs kernel's inputs in the order of the node's inputs; `list` when tfjs passes an array. */
  readonly inputs: readonly string[] | 'list';
  shape(inputs: KernelInputs, attrs: Attrs): Draft;
  emit(node: EmitNode, emitter: Emitter): string;
}

/** Records a node of the given row and returns a fresh tensor for it. */
export type RecordNode = (row: KernelRow, draft: Draft) => TensorInfo;

/** What a lowering may do beside recording rows. */
export interface Recorder {
  record: RecordNode;
  /** A fresh tensor on the same node: a kernel must never return its input object. */
  alias(tensor: TensorInfo): TensorInfo;
  constant(values: TypedValues, shape: readonly number[], dtype: NodeDType): TensorInfo;
}

/** A kernel that is written down as others (or as nothing at all). */
export interface KernelLowering {
  readonly kernel: string;
  lower(inputs: KernelInputs, attrs: Attrs, recorder: Recorder): TensorInfo | TensorInfo[];
}

/** A row as the recorder wants it: recorded straight from its shape rule. */
export function applyRow(row: KernelRow, inputs: KernelInputs, attrs: Attrs, recorder: Recorder): TensorInfo {
  return recorder.record(row, row.shape(inputs, attrs));
}

export function dtypeOf(tensor: TensorInfo): NodeDType {
  const { dtype } = tensor;
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`dtype ${dtype} has no place in a traced function`);
}
