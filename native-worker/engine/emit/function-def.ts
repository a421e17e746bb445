// One traced function as a TensorFlow FunctionDef, taking its inputs and then the handles of its variables.
import pb, { type FunctionDef } from '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js';
import { type Emitter, rowOf, type TypedValues } from '../kernels/index.ts';
import type { NodeDType, TraceNode } from '../kernels/row.ts';
import type { TracedFunction } from '../trace.ts';
import { type Attribute, type, typeCode } from './attribute.ts';
import { type Attributes, nodeDef } from './node-def.ts';

export interface EmissionPolicy {
  readonly form: 'xla' | 'graph';
  readonly matmul: 'fp32' | 'bf16';
}

/** The attribute that stays open until the call. Grappler leaves such a function alone; otherwise it would turn chains of Add
 * into an operation that XLA cannot compile (the error names TemporaryVariable). */
export const openAttribute = 'T0';

/** Names of the arguments that are used, in the order of the function's signature. */
export function usedArguments(fn: TracedFunction): { inputs: string[]; variables: string[] } {
  const read = (of: string) => new Set(fn.nodes.filter((n) => n.attrs.of === of).map((n) => String(n.attrs.name)));
  const [inputs, variables] = [read('input'), read('variable')];
  for (const name of Object.keys(fn.assigns)) variables.add(name);
  return {
    inputs: Object.keys(fn.inputs).filter((n) => inputs.has(n)),
    variables: Object.keys(fn.variables).filter((n) => variables.has(n)),
  };
}

function argDef(name: string, dtype: keyof typeof typeCode) {
  const arg = new pb.OpDef.ArgDef();
  arg.setName(name);
  arg.setType(typeCode[dtype]);
  return arg;
}

class FunctionEmitter implements Emitter {
  readonly matmul: EmissionPolicy['matmul'];
  readonly form: EmissionPolicy['form'];
  private count = 0;
  private readonly constants = new Map<string, string>();

  private readonly def: FunctionDef;

  constructor(def: FunctionDef, policy: EmissionPolicy) {
    this.def = def;
    this.matmul = policy.matmul;
    this.form = policy.form;
  }

  op(op: string, output: string, inputs: readonly string[], attributes: Attributes): string {
    const name = `n${this.count++}`;
    this.def.addNodeDef(nodeDef(name, op, inputs, attributes));
    return `${name}:${output}:0`;
  }

  constant(dtype: NodeDType, shape: readonly number[], values: TypedValues): string {
    const make = (): string => {
      const value: Attribute = { kind: 'tensor', dtype, shape, values };
      return this.op('Const', 'output', [], { dtype: type(dtype), value });
    };
    if (values.length > 16) return make();
    const key = `${dtype} ${shape} ${Array.from(values, (v) => (Object.is(v, -0) ? '-0' : v))}`;
    const known = this.constants.get(key) ?? make();
    this.constants.set(key, known);
    return known;
  }

  int32(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant('int32', shape, Int32Array.from(values));
  }
}

/** Kernels whose TensorFlow operation may hand its input's memory on: all of them where there is nothing to do for it (a slice of the
 * whole, one tensor joined, a sum over an axis of 1), a slice of the first axis always. */
const mayAlias = new Set([
  ...['Reshape', 'Slice', 'Transpose', 'PadV2', 'Tile', 'Concat', 'AddN', 'Pack', 'Reverse'],
  ...['Sum', 'Mean', 'Prod', 'Max', 'Min', 'Cumsum', 'Cumprod'],
]);

function mayBeInput(nodes: readonly TraceNode[], index: number): boolean {
  const node = nodes[index]!;
  if (node.kernel === 'Arg') return node.attrs.of === 'input';
  return mayAlias.has(node.kernel) && node.inputs.some((input) => mayBeInput(nodes, input));
}

/** @returns the definition; its outputs are `done` (a constant that waits for every assignment), then the function's own */
export function functionDef(name: string, fn: TracedFunction, policy: EmissionPolicy): FunctionDef {
  const def = new pb.FunctionDef();
  const signature = new pb.OpDef();
  signature.setName(name);
  signature.setIsStateful(true);
  const open = new pb.OpDef.AttrDef();
  open.setName(openAttribute);
  open.setType('type');
  signature.addAttr(open);
  const used = usedArguments(fn);
  used.inputs.forEach((input, i) => void signature.addInputArg(argDef(`i${i}`, fn.inputs[input]!.dtype)));
  used.variables.forEach((_, i) => void signature.addInputArg(argDef(`v${i}`, 'resource')));

  const inputAt = new Map(used.inputs.map((input, i) => [input, `i${i}`]));
  const handleOf = new Map(used.variables.map((variable, i) => [variable, `v${i}`]));
  const emitter = new FunctionEmitter(def, policy);
  const refs: string[] = [];
  const reads = new Map<string, string>();
  for (const node of fn.nodes) refs.push(nodeRef(node));

  function nodeRef(node: TraceNode): string {
    if (node.kernel === 'Const') return emitter.constant(node.dtype, node.shape, node.values!);
    if (node.kernel !== 'Arg') {
      const operands = node.inputs.map((i) => fn.nodes[i]!);
      return rowOf(node.kernel).emit({ ...node, refs: node.inputs.map((i) => refs[i]!), operands }, emitter);
    }
    const argument = String(node.attrs.name);
    if (node.attrs.of === 'input') return inputAt.get(argument)!;
    const ref = emitter.op('ReadVariableOp', 'value', [handleOf.get(argument)!], {
      dtype: type(node.dtype),
    });
    reads.set(argument, ref);
    return ref;
  }

  const after = Object.entries(fn.assigns).map(([variable, index], i) => {
    const dtype = fn.nodes[index]!.dtype;
    // A variable must not keep the caller's memory, nor change before it was read.
    const value =
      mayBeInput(fn.nodes, index) && policy.form === 'graph'
        ? emitter.op('DeepCopy', 'y', [refs[index]!], { T: type(dtype) })
        : refs[index]!;
    const read = reads.get(variable);
    const order = read === undefined ? [] : [`^${read.split(':')[0]}`];
    const handle = handleOf.get(variable)!;
    def.addNodeDef(nodeDef(`set${i}`, 'AssignVariableOp', [handle, value, ...order], { dtype: type(dtype) }));
    return `^set${i}`;
  });
  // The protobuf classes know no control outputs: the updates hang on an Identity.
  const one = emitter.constant('float32', [], Float32Array.of(1));
  const results: [ref: string, dtype: NodeDType, inputs: string[]][] = [
    ['done', 'float32', [one, ...after]],
    ...Object.values(fn.outputs).map((index, i): [string, NodeDType, string[]] => [
      `o${i}`,
      fn.nodes[index]!.dtype,
      [refs[index]!],
    ]),
  ];
  results.forEach(([result, dtype, inputs], i) => {
    signature.addOutputArg(argDef(result, dtype));
    const T: Attribute = i === 0 ? { kind: 'open', name: openAttribute } : type(dtype);
    def.addNodeDef(nodeDef(`ret_${result}`, 'Identity', inputs, { T }));
    def.getRetMap().set(result, `ret_${result}:output:0`);
  });
  def.setSignature(signature);
  return def;
}
