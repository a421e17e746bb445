// The tfjs backend named "trace": its kernels compute nothing, each infers its output's shape and writes itself down.
// Knows the kernel table; knows no engine that could run what is written.
import { type DataId, KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core';
import { UnsmoothError } from '../../contract/errors.ts';
import type { NodeDType, TraceNode, TypedValues } from './kernels/index.ts';
import { tracedKernels } from './kernels/index.ts';
import { fillRow } from './kernels/indexing.ts';
import { type Attrs, type Draft, dtypeOf, type KernelInputs, type KernelRow, type Recorder } from './kernels/row.ts';
import { modelLine } from './model-line.ts';
import { sizeOf } from './spec.ts';
import { tf } from './tfjs.ts';

export const backendName = 'trace';

/** A tfjs data id that stands for a node; always a fresh object, because tfjs counts tensors by it. */
class NodeId {
  readonly recording: Recording;
  readonly index: number;

  constructor(recording: Recording, index: number) {
    this.recording = recording;
    this.index = index;
  }
}

/** Constants this small are shared when equal. */
const sharedConstant = 64;

/** The list being written during one call of `trace`. */
export class Recording implements Recorder {
  readonly nodes: TraceNode[] = [];
  private readonly shared = new Map<string, number>();

  /** Index of the node a tensor stands for. */
  indexOf(tensor: TensorInfo): number {
    const id = tensor.dataId;
    if (id instanceof NodeId && id.recording === this) return id.index;
    throw new UnsmoothError(
      'TRACE_VALUE_READ',
      `A tensor made outside of the traced function was used${at(new Error().stack)}.`,
      'Make constants inside the traced function; whatever changes from call to call is an input.',
    );
  }

  add(node: TraceNode): TensorInfo {
    return this.tensorOf(this.nodes.push(node) - 1);
  }

  record = (row: KernelRow, draft: Draft): TensorInfo => {
    const node: TraceNode = {
      kernel: row.kernel,
      inputs: draft.inputs.map((t) => this.indexOf(t)),
      shape: [...draft.shape],
      dtype: draft.dtype,
      attrs: draft.attrs ?? {},
    };
    if (row !== fillRow) return this.add(node);
    return this.once(`fill ${node.dtype} ${node.shape} ${key(Number(node.attrs.value))}`, () => node);
  };

  alias(tensor: TensorInfo): TensorInfo {
    return this.tensorOf(this.indexOf(tensor));
  }

  /** Values made on the host: one operation when they are all equal, else a constant of the function. */
  constant(values: TypedValues, shape: readonly number[], dtype: NodeDType): TensorInfo {
    const first = values[0];
    if (first !== undefined && values.every((v) => Object.is(v, first)))
      return this.record(fillRow, fillRow.shape({}, { shape: [...shape], value: first, dtype }));
    const node = (): TraceNode => ({
      kernel: 'Const',
      inputs: [],
      shape: [...shape],
      dtype,
      attrs: {},
      values: values.slice(),
    });
    if (values.length > sharedConstant) return this.add(node());
    return this.once(`const ${dtype} ${shape} ${Array.from(values, key)}`, node);
  }

  private once(name: string, make: () => TraceNode): TensorInfo {
    let index = this.shared.get(name);
    if (index === undefined) {
      index = this.nodes.push(make()) - 1;
      this.shared.set(name, index);
    }
    return this.tensorOf(index);
  }

  private tensorOf(index: number): TensorInfo {
    const { shape, dtype } = this.nodes[index]!;
    return { dataId: new NodeId(this, index), shape: [...shape], dtype };
  }
}

const key = (v: number): string => (Object.is(v, -0) ? '-0' : String(v));

function at(stack: string | undefined): string {
  const line = modelLine(stack);
  return line === undefined ? '' : ` at ${line}`;
}

/** @param reader the backend's method that was asked: the stack is taken from above it */
function valueRead(reader: (...args: never[]) => unknown): UnsmoothError {
  const here = { stack: '' };
  Error.captureStackTrace(here, reader);
  return new UnsmoothError(
    'TRACE_VALUE_READ',
    `A value was read while tracing${at(here.stack)}: it does not exist yet.`,
    'A traced function may not depend on values. Make what is needed an input, or fetch it as an output.',
  );
}

class Tracer extends KernelBackend {
  recording: Recording | undefined;

  private get current(): Recording {
    if (this.recording === undefined) throw new Error('the trace backend is only for the inside of trace()');
    return this.recording;
  }
  override numDataIds(): number {
    return this.recording?.nodes.length ?? 0;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  decRef(): void {}
  override disposeData(): boolean {
    return true;
  }
  override dispose(): void {}
  override readSync(): never {
    throw valueRead(this.readSync);
  }
  override read(): never {
    throw valueRead(this.read);
  }
  override write(values: TypedValues, shape: number[], dtype: NodeDType): DataId {
    const checked = dtypeOf({ dataId: {}, shape, dtype });
    if (values.length !== sizeOf(shape)) throw new Error(`${values.length} values for shape [${shape}]`);
    const typed =
      checked === 'float32'
        ? Float32Array.from(values)
        : checked === 'int32'
          ? Int32Array.from(values)
          : Uint8Array.from(values);
    return this.current.constant(typed, shape, checked).dataId;
  }
  run(kernel: string, inputs: KernelInputs, attrs: Attrs): TensorInfo | TensorInfo[] {
    return tracedKernels.get(kernel)!(inputs, attrs, this.current);
  }
}

const tracer = new Tracer();
tf.registerBackend(backendName, () => tracer, 0);
for (const kernelName of tracedKernels.keys()) {
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) => tracer.run(kernelName, inputs as KernelInputs, (attrs ?? {}) as Attrs),
  });
}

/** tfjs's own message for a kernel that the backend lacks becomes ours, with the model's line. */
function explained(e: unknown): unknown {
  const missing = e instanceof Error ? /Kernel '(\w+)' not registered for backend 'trace'/.exec(e.message) : null;
  if (missing === null) return e;
  return new UnsmoothError(
    'KERNEL_UNSUPPORTED',
    `The operation ${missing[1]} cannot be traced${at((e as Error).stack)}.`,
    'Write it with supported operations, or add its row to the kernel table.',
    [],
    { cause: e },
  );
}

/** Private state of tfjs's engine that has no public way back to "no backend chosen yet". */
interface EngineState {
  backendName: string | undefined;
  backendInstance: KernelBackend | null;
}

/**
 * Runs `fn` with the trace backend chosen and a recording open; puts everything back afterwards, also on errors.
 * @throws UnsmoothError KERNEL_UNSUPPORTED, TRACE_VALUE_READ
 */
export function recorded<T>(fn: (recording: Recording) => T): T {
  const engine = tf.engine() as unknown as EngineState;
  const before = { backend: engine.backendName, recording: tracer.recording, depth: Error.stackTraceLimit };
  const recording = new Recording();
  Error.stackTraceLimit = 100;
  void tf.setBackend(backendName);
  tracer.recording = recording;
  tf.engine().startScope('trace');
  try {
    return fn(recording);
  } catch (e) {
    throw explained(e);
  } finally {
    tf.engine().endScope();
    tracer.recording = before.recording;
    Error.stackTraceLimit = before.depth;
    if (before.backend) void tf.setBackend(before.backend);
    else Object.assign(engine, { backendName: undefined, backendInstance: null });
  }
}
