// The interpreting executor: walks a traced function's nodes with the kernels of an ordinary tfjs backend and frees each tensor
// at its last use. The fallback where there is no compiled engine, and the reference that tests compare with.
import type { NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import { UnsmoothError } from '../../../contract/errors.ts';
import { callNamed, checkNames, type Executor, type ExecutorDescription } from '../executor.ts';
import { dropoutMaskKernel, hostMask } from '../kernels/dropout-mask.ts';
import { rowOf, type TraceNode } from '../kernels/index.ts';
import { boundName, type Call, type Program, programVariables } from '../program.ts';
import { checkValues, type Spec, type Specs, type Values } from '../spec.ts';
import { tf } from '../tfjs.ts';
import type { TracedFunction } from '../trace.ts';
import { type ChosenBackend, chooseBackend, type ReplayEngine } from './backends.ts';
import { compositionOf } from './compositions.ts';

/** For each node, the nodes whose tensors nobody needs after it. */
function lastUses(fn: TracedFunction): number[][] {
  const kept = new Set([...Object.values(fn.outputs), ...Object.values(fn.assigns)]);
  const last = new Map<number, number>();
  fn.nodes.forEach((node, i) => {
    last.set(i, i);
    for (const input of node.inputs) last.set(input, i);
  });
  const freed: number[][] = fn.nodes.map(() => []);
  for (const [node, at] of last) if (!kept.has(node) && fn.nodes[node]!.kernel !== 'Const') freed[at]!.push(node);
  return freed;
}

class Replay implements Executor {
  readonly description: ExecutorDescription;
  private readonly specs: Specs;
  private readonly variables = new Map<string, Tensor>();
  private readonly constants = new Map<TraceNode, Tensor>();
  private readonly freed = new Map<TracedFunction, number[][]>();

  private readonly program: Program;
  private readonly backend: string;
  private readonly takeFailure: () => UnsmoothError | undefined;

  constructor(program: Program, chosen: ChosenBackend, engine: ReplayEngine) {
    const { backend, version, device, takeFailure = () => undefined } = chosen;
    this.program = program;
    this.backend = backend;
    this.takeFailure = takeFailure;
    this.description = { engine, form: 'replay', version, device };
    this.specs = programVariables(program);
  }

  async put(values: Values): Promise<void> {
    checkValues('Setting variables', values, this.specs, false);
    await tf.setBackend(this.backend);
    for (const [name, array] of Object.entries(values)) this.assign(name, tensorOf(array.slice(), this.specs[name]!));
  }

  async get(names: readonly string[]): Promise<Values> {
    checkNames(names, this.specs);
    const read = await Promise.all(names.map((name) => this.variable(name).data()));
    return Object.fromEntries(names.map((name, i) => [name, (read[i] as Float32Array | Int32Array).slice()]));
  }

  async call(name: string, inputs: Values): Promise<Values> {
    const call = callNamed(this.program, name);
    const { fn } = call;
    checkValues(`Call of ${name}`, inputs, fn.inputs, true);
    await tf.setBackend(this.backend);
    const tensors = this.walk(call, inputs);
    const outputs = Object.entries(fn.outputs).map(([key, i]): [string, Tensor] => [key, tf.clone(tensors[i]!)]);
    const next = Object.entries(fn.assigns).map(([key, i]): [string, Tensor] => [key, tf.clone(tensors[i]!)]);
    for (const i of new Set([...Object.values(fn.outputs), ...Object.values(fn.assigns)]))
      this.free(fn.nodes[i]!, tensors[i]!);
    for (const [key, tensor] of next) this.assign(boundName(call, key), tensor);
    try {
      const read = await Promise.all(outputs.map(([, tensor]) => tensor.data()));
      const failure = this.takeFailure();
      if (failure !== undefined) throw failure;
      return Object.fromEntries(outputs.map(([key], i) => [key, (read[i] as Float32Array | Int32Array).slice()]));
    } finally {
      for (const [, tensor] of outputs) tensor.dispose();
    }
  }

  tensorCount(): number {
    return tf.memory().numTensors;
  }

  dispose(): void {
    for (const tensor of [...this.variables.values(), ...this.constants.values()]) tensor.dispose();
    this.variables.clear();
    this.constants.clear();
  }

  private walk(call: Call, inputs: Values): Tensor[] {
    const { fn } = call;
    const freed = this.freed.get(fn) ?? lastUses(fn);
    this.freed.set(fn, freed);
    const tensors: Tensor[] = [];
    try {
      fn.nodes.forEach((node, i) => {
        tensors[i] = this.evaluate(call, node, tensors, inputs);
        for (const f of freed[i]!) this.free(fn.nodes[f]!, tensors[f]!);
      });
    } catch (e) {
      tensors.forEach((tensor, i) => void this.free(fn.nodes[i]!, tensor));
      throw e;
    }
    return tensors;
  }

  private evaluate(call: Call, node: TraceNode, tensors: readonly Tensor[], inputs: Values): Tensor {
    if (node.kernel === 'Const') return this.constant(node);
    if (node.kernel === 'Arg') {
      const name = String(node.attrs.name);
      if (node.attrs.of === 'input') return tensorOf(inputs[name]!.slice(), call.fn.inputs[name]!);
      return this.variable(boundName(call, name));
    }
    if (node.kernel === dropoutMaskKernel) return maskOf(call, node, inputs);
    const operands = node.inputs.map((i) => tensors[i]!);
    const composed = compositionOf(this.backend, node.kernel);
    if (composed !== undefined) return tf.tidy(() => composed(operands, node));
    const { inputs: names } = rowOf(node.kernel);
    const named = (
      names === 'list' ? operands : Object.fromEntries(names.map((n, i) => [n, operands[i]!]))
    ) as NamedTensorMap;
    return tf.engine().runKernel(node.kernel, named, node.attrs as NamedAttrMap);
  }

  private constant(node: TraceNode): Tensor {
    const tensor = this.constants.get(node) ?? tf.tensor(node.values!, [...node.shape], node.dtype);
    this.constants.set(node, tensor);
    return tensor;
  }

  private variable(name: string): Tensor {
    const tensor = this.variables.get(name);
    if (tensor === undefined) throw new UnsmoothError('INTERNAL', `Variable "${name}" is read before it was set.`);
    return tensor;
  }

  private assign(name: string, tensor: Tensor): void {
    this.variables.get(name)?.dispose();
    this.variables.set(name, tensor);
  }

  private free(node: TraceNode, tensor: Tensor): void {
    if (node.kernel !== 'Const' && node.attrs.of !== 'variable') tensor.dispose();
  }
}

function tensorOf(values: Float32Array | Int32Array, spec: Spec): Tensor {
  return tf.tensor(values, [...spec.shape], spec.dtype);
}

/** Made on the host from the step that was given: the same on every backend, without reading a tensor back. */
function maskOf(call: Call, node: TraceNode, inputs: Values): Tensor {
  const step = call.fn.nodes[node.inputs[0]!]!;
  if (step.attrs.of !== 'input') throw new Error('the step of a dropout mask is no input of the function');
  const values = hostMask(node.shape, node.attrs, inputs[String(step.attrs.name)]![0]!);
  return tf.tensor(values, [...node.shape], 'float32');
}

/** Before anything runs: every kernel of the program is the backend's own or composed. */
function checkKernels(program: Program, backend: string): void {
  for (const { name, fn } of program.calls)
    for (const { kernel } of fn.nodes) {
      if (
        kernel === 'Arg' ||
        kernel === 'Const' ||
        kernel === dropoutMaskKernel ||
        compositionOf(backend, kernel) !== undefined
      )
        continue;
      if (tf.getKernel(kernel, backend) === undefined)
        throw new UnsmoothError(
          'KERNEL_UNSUPPORTED',
          `The ${backend} engine has no kernel ${kernel}, which ${name} needs.`,
          'Use the cpu engine.',
        );
    }
}

/** @throws UnsmoothError ENGINE_MISSING, ENGINE_FAILED, KERNEL_UNSUPPORTED */
export async function createReplay(
  program: Program,
  options: { engine: ReplayEngine; engineDir: string },
): Promise<Executor> {
  const chosen = await chooseBackend(options.engine, options.engineDir);
  checkKernels(program, chosen.backend);
  return new Replay(program, chosen, options.engine);
}
