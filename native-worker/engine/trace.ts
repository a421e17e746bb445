// A plain tfjs function of (variables, inputs) becomes a list of nodes: no value is computed, tfjs's own gradients run.
import type { Tensor } from '@tensorflow/tfjs-core';
import { UnsmoothError } from '../../contract/errors.ts';
import type { TraceNode } from './kernels/index.ts';
import { describeSpec, type Spec, type Specs } from './spec.ts';
import { tf } from './tfjs.ts';
import { type Recording, recorded } from './tracer.ts';

export type { TraceNode } from './kernels/index.ts';

export type Tensors = Record<string, Tensor>;

/**
 * What an engine can run. Nodes come in an order in which every input precedes its use; only what outputs and assigns need
 * is kept. An `Arg` node's attrs are `{name, of: 'variable' | 'input'}`.
 */
export interface TracedFunction {
  readonly name: string;
  readonly variables: Specs;
  readonly inputs: Specs;
  readonly nodes: readonly TraceNode[];
  /** Output name to node index. */
  readonly outputs: Readonly<Record<string, number>>;
  /** Variable name to the index of the node that holds its next value. */
  readonly assigns: Readonly<Record<string, number>>;
}

function argumentsOf(recording: Recording, specs: Specs, of: 'variable' | 'input'): Tensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => {
      const info = recording.add({ kernel: 'Arg', inputs: [], shape: [...shape], dtype, attrs: { name, of } });
      return [name, tf.engine().makeTensorFromTensorInfo(info)];
    }),
  );
}

function checkAssign(fn: string, name: string, tensor: Tensor, spec: Spec | undefined): void {
  const wrong =
    spec === undefined
      ? 'is no variable of it'
      : describeSpec(tensor) === describeSpec(spec)
        ? undefined
        : `is ${describeSpec(spec)} but its next value is ${describeSpec(tensor)}`;
  if (wrong !== undefined)
    throw new UnsmoothError(
      'INTERNAL',
      `Traced function ${fn}: "${name}" ${wrong}.`,
      'Assign a value of its own shape.',
    );
}

/** The nodes that the given ones need, renumbered in the same order. */
function pruned(nodes: readonly TraceNode[], roots: readonly number[]) {
  const live = new Uint8Array(nodes.length);
  for (const root of roots) live[root] = 1;
  for (let i = nodes.length - 1; i >= 0; i--) if (live[i]) for (const input of nodes[i]!.inputs) live[input] = 1;
  const place = new Map<number, number>();
  const kept: TraceNode[] = [];
  nodes.forEach((node, i) => {
    if (!live[i]) return;
    place.set(i, kept.length);
    kept.push({ ...node, inputs: node.inputs.map((input) => place.get(input)!) });
  });
  return { kept, place };
}

/**
 * Traces `fn` once. Outputs of dtype bool leave as int32. Nothing that changes from call to call may be made on the host
 * inside `fn` (random numbers, learning rates): it would be frozen, so it is an input.
 * @throws UnsmoothError KERNEL_UNSUPPORTED or TRACE_VALUE_READ with the line of the model's code that asked
 */
export function trace(
  name: string,
  variables: Specs,
  inputs: Specs,
  fn: (variables: Tensors, inputs: Tensors) => { outputs?: Tensors; assigns?: Tensors },
): TracedFunction {
  return recorded((recording) => {
    const result = fn(argumentsOf(recording, variables, 'variable'), argumentsOf(recording, inputs, 'input'));
    const outputs = Object.entries(result.outputs ?? {}).map(([key, t]): [string, number] => [
      key,
      recording.indexOf(t.dtype === 'bool' ? tf.cast(t, 'int32') : t),
    ]);
    const assigns = Object.entries(result.assigns ?? {}).map(([key, t]): [string, number] => {
      checkAssign(name, key, t, variables[key]);
      return [key, recording.indexOf(t)];
    });
    const { kept, place } = pruned(
      recording.nodes,
      [...outputs, ...assigns].map(([, index]) => index),
    );
    const renumbered = (list: [string, number][]) => Object.fromEntries(list.map(([key, i]) => [key, place.get(i)!]));
    return { name, variables, inputs, nodes: kept, outputs: renumbered(outputs), assigns: renumbered(assigns) };
  });
}
