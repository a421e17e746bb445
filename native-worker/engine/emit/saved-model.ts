// A whole program as one SavedModel: its variables, a way to set and to read each, and every function called on them.
import pb from '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js';
import { boundName, type Program, programVariables } from '../program.ts';
import type { TracedFunction } from '../trace.ts';
import { bool, shape, string, type, types } from './attribute.ts';
import { type EmissionPolicy, functionDef, openAttribute, usedArguments } from './function-def.ts';
import { nodeDef } from './node-def.ts';

export const savedModelTag = 'unsmooth';

/** Which graph names to feed and to fetch. */
export interface EmittedCall {
  readonly name: string;
  readonly fn: TracedFunction;
  /** The inputs that are used, and the placeholder of each. */
  readonly feeds: readonly { readonly input: string; readonly node: string }[];
  /** `done` first, then the outputs in order. */
  readonly fetches: readonly string[];
}
export interface EmittedVariable {
  readonly put: string;
  readonly set: string;
  readonly get: string;
}
export interface EmittedProgram {
  readonly bytes: Uint8Array;
  readonly calls: readonly EmittedCall[];
  readonly variables: ReadonlyMap<string, EmittedVariable>;
}

export interface EmissionOptions {
  /** The form of calls that do not choose one. */
  readonly form: 'xla' | 'graph';
  /** dtype of matrix products; everything else is float32. */
  readonly matmul: EmissionPolicy['matmul'];
}

/** @throws UnsmoothError INTERNAL when the program's calls disagree about a variable */
export function emitProgram(program: Program, options: EmissionOptions): EmittedProgram {
  const graph = new pb.GraphDef();
  const library = new pb.FunctionDefLibrary();
  const specs = programVariables(program);
  const handles = new Map<string, string>();
  const variables = new Map<string, EmittedVariable>();
  const value = { kind: 'tensor', dtype: 'float32', shape: [], values: Float32Array.of(1) } as const;
  graph.addNode(nodeDef('one', 'Const', [], { dtype: type('float32'), value }));

  Object.entries(specs).forEach(([name, spec], i) => {
    const [dtype, extent] = [type(spec.dtype), shape(spec.shape)];
    const handle = { dtype, shape: extent, shared_name: string(name), container: string('') };
    graph.addNode(nodeDef(`v${i}`, 'VarHandleOp', [], handle));
    graph.addNode(nodeDef(`put${i}`, 'Placeholder', [], { dtype, shape: extent }));
    // What is fed is the caller's memory; a variable must own its own.
    graph.addNode(nodeDef(`own${i}`, 'DeepCopy', [`put${i}`], { T: dtype }));
    graph.addNode(nodeDef(`assign${i}`, 'AssignVariableOp', [`v${i}`, `own${i}`], { dtype }));
    graph.addNode(nodeDef(`set${i}`, 'Identity', ['one', `^assign${i}`], { T: type('float32') }));
    graph.addNode(nodeDef(`get${i}`, 'ReadVariableOp', [`v${i}`], { dtype }));
    handles.set(name, `v${i}`);
    variables.set(name, { put: `put${i}`, set: `set${i}`, get: `get${i}` });
  });

  const functions = new Map<string, string>();
  const known = new Map<TracedFunction, number>();
  const calls = program.calls.map((call, c): EmittedCall => {
    const { fn } = call;
    const form = call.form ?? options.form;
    if (!known.has(fn)) known.set(fn, known.size);
    const key = `f${known.get(fn)}_${form}`;
    const name = functions.get(key) ?? `${key}_${fn.name.replace(/\W/g, '_')}`;
    if (!functions.has(key)) {
      library.addFunction(functionDef(name, fn, { form, matmul: options.matmul }));
      functions.set(key, name);
    }
    const used = usedArguments(fn);
    const feeds = used.inputs.map((input, i) => ({ input, node: `c${c}_i${i}` }));
    for (const { input, node } of feeds) {
      const spec = fn.inputs[input]!;
      graph.addNode(nodeDef(node, 'Placeholder', [], { dtype: type(spec.dtype), shape: shape(spec.shape) }));
    }
    const results = ['float32' as const, ...Object.values(fn.outputs).map((i) => fn.nodes[i]!.dtype)];
    graph.addNode(
      nodeDef(
        `c${c}`,
        'StatefulPartitionedCall',
        [...feeds.map((f) => f.node), ...used.variables.map((v) => handles.get(boundName(call, v))!)],
        {
          Tin: types([
            ...used.inputs.map((i) => fn.inputs[i]!.dtype),
            ...used.variables.map(() => 'resource' as const),
          ]),
          Tout: types(results),
          f: { kind: 'function', name, attributes: { [openAttribute]: type('float32') } },
          config: string(''),
          config_proto: string(''),
          executor_type: string(''),
          ...(form === 'xla' ? { _XlaMustCompile: bool(true) } : {}),
        },
      ),
    );
    const fetches = results.map((dtype, i) => {
      graph.addNode(nodeDef(`c${c}_o${i}`, 'Identity', [`c${c}:${i}`], { T: type(dtype) }));
      return `c${c}_o${i}`;
    });
    return { name: call.name, fn, feeds, fetches };
  });

  graph.setLibrary(library);
  const versions = new pb.VersionDef();
  versions.setProducer(1882);
  versions.setMinConsumer(12);
  graph.setVersions(versions);
  const info = new pb.MetaGraphDef.MetaInfoDef();
  info.addTags(savedModelTag);
  const meta = new pb.MetaGraphDef();
  meta.setMetaInfoDef(info);
  meta.setGraphDef(graph);
  const model = new pb.SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(meta);
  return { bytes: model.serializeBinary(), calls, variables };
}
