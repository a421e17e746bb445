// The compiled executor: loads a program's SavedModel into TensorFlow and calls its functions. Knows no tfjs backend.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { type Binding, loadBinding } from './binding.ts';
import { typeCode } from './emit/attribute.ts';
import { type EmissionOptions, type EmittedProgram, emitProgram, savedModelTag } from './emit/saved-model.ts';
import { callNamed, checkNames, type Executor, type ExecutorDescription } from './executor.ts';
import { type Program, programVariables } from './program.ts';
import { checkValues, type Spec, type Specs, type Values } from './spec.ts';

export interface SessionOptions extends EmissionOptions {
  readonly engine: 'cuda' | 'cpu';
  readonly engineDir: string;
}

type Feed = readonly [node: string, spec: Spec, values: Float32Array | Int32Array];

class Session implements Executor {
  readonly description: ExecutorDescription;
  private readonly variables: Specs;
  private model: number | undefined;

  private readonly binding: Binding;
  private readonly program: Program;
  private readonly emitted: EmittedProgram;

  constructor(binding: Binding, program: Program, emitted: EmittedProgram, options: SessionOptions) {
    this.binding = binding;
    this.program = program;
    this.emitted = emitted;
    this.variables = programVariables(program);
    const { engine, form } = options;
    const device = binding.isUsingGpuDevice() ? 'gpu' : 'cpu';
    this.description = { engine, form, version: binding.TF_Version, device };
    const folder = mkdtempSync(join(tmpdir(), 'unsmooth-program-'));
    try {
      writeFileSync(join(folder, 'saved_model.pb'), emitted.bytes);
      this.model = this.guarded('loads the program', () => binding.loadSavedModel(folder, savedModelTag));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async put(values: Values): Promise<void> {
    checkValues('Setting variables', values, this.variables, false);
    const names = Object.keys(values);
    if (names.length === 0) return;
    const at = names.map((n) => this.emitted.variables.get(n)!);
    const feeds = names.map((n, i): Feed => [at[i]!.put, this.variables[n]!, values[n]!]);
    this.run(
      'put',
      feeds,
      at.map((v) => v.set),
      () => undefined,
    );
  }

  async get(names: readonly string[]): Promise<Values> {
    checkNames(names, this.variables);
    if (names.length === 0) return {};
    const read: Values = {};
    this.run(
      'get',
      [],
      names.map((n) => this.emitted.variables.get(n)!.get),
      (i, values) => {
        read[names[i]!] = values();
      },
    );
    return read;
  }

  async call(name: string, inputs: Values): Promise<Values> {
    const { fn } = callNamed(this.program, name);
    checkValues(`Call of ${name}`, inputs, fn.inputs, true);
    const { feeds, fetches } = this.emitted.calls.find((c) => c.name === name)!;
    const outputs = Object.keys(fn.outputs);
    const values: Values = {};
    this.run(
      name,
      feeds.map(({ input, node }): Feed => [node, fn.inputs[input]!, inputs[input]!]),
      fetches,
      (i, read) => {
        if (i > 0) values[outputs[i - 1]!] = read();
      },
    );
    return values;
  }

  tensorCount(): number {
    return this.binding.getNumOfTensors();
  }

  dispose(): void {
    if (this.model !== undefined) this.binding.deleteSavedModel(this.model);
    this.model = undefined;
  }

  /** Runs the graph once; every tensor made on the way is deleted, whatever happens. */
  private run(
    what: string,
    feeds: readonly Feed[],
    fetches: readonly string[],
    take: (index: number, read: () => Float32Array | Int32Array) => void,
  ): void {
    const { binding, model } = this;
    if (model === undefined) throw new UnsmoothError('INTERNAL', `The executor was disposed before ${what}.`);
    const live: number[] = [];
    try {
      for (const [, spec, values] of feeds) live.push(binding.createTensor(spec.shape, typeCode[spec.dtype], values));
      const results = this.guarded(what, () =>
        binding.runSavedModel(
          model,
          live.slice(),
          feeds.map(([node]) => `${node}:0`).join(','),
          fetches.map((node) => `${node}:0`).join(','),
        ),
      );
      for (const { id } of results) live.push(id);
      results.forEach(({ id }, i) => void take(i, () => binding.tensorDataSync(id) as Float32Array | Int32Array));
    } finally {
      for (const id of live) binding.deleteTensor(id);
    }
  }

  private guarded<T>(what: string, fn: () => T): T {
    try {
      return fn();
    } catch (e) {
      const message = e instanceof Error ? e.message : String(e);
      throw new UnsmoothError('ENGINE_FAILED', `TensorFlow failed in ${what}: ${message}`, 'See the log.', [], {
        cause: e,
      });
    }
  }
}

/**
 * Emits, loads and holds a program. The first call of each function compiles it (seconds under XLA).
 * @throws UnsmoothError ENGINE_MISSING, ENGINE_FAILED
 */
export function createSession(program: Program, options: SessionOptions): Executor {
  const binding = loadBinding(options.engine, options.engineDir);
  return new Session(binding, program, emitProgram(program, options), options);
}
