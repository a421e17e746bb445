// What every engine offers: variables that stay inside it, functions called by name.
import { UnsmoothError } from '../../contract/errors.ts';
import type { Call, Program } from './program.ts';
import type { Specs, Values } from './spec.ts';

export interface ExecutorDescription {
  readonly engine: string;
  readonly form: 'xla' | 'graph' | 'replay';
  readonly version: string;
  readonly device: string;
}

export interface Executor {
  readonly description: ExecutorDescription;
  /** Sets variables, any subset of them. @throws UnsmoothError INPUT_INVALID for an unknown name, a wrong length or dtype */
  put(values: Values): Promise<void>;
  /** Copies of variables. @throws UnsmoothError INPUT_INVALID for an unknown name */
  get(names: readonly string[]): Promise<Values>;
  /** Runs one function: its outputs by name (a scalar has length 1), its assigns done when it resolves. */
  call(name: string, inputs: Values): Promise<Values>;
  /** Live tensors in the engine: flat over calls. */
  tensorCount(): number;
  dispose(): void;
}

/** @throws UnsmoothError INTERNAL for a name that is no call of the program */
export function callNamed(program: Program, name: string): Call {
  const call = program.calls.find((c) => c.name === name);
  if (call === undefined)
    throw new UnsmoothError(
      'INTERNAL',
      `The program has no call ${name}: ${program.calls.map((c) => c.name).join(', ')}.`,
    );
  return call;
}

/** @throws UnsmoothError INPUT_INVALID for names that are no variables of the program */
export function checkNames(names: readonly string[], variables: Specs): void {
  const unknown = names.filter((n) => variables[n] === undefined);
  if (unknown.length > 0)
    throw new UnsmoothError('INPUT_INVALID', `The program has no variable "${unknown[0]}".`, '', [
      ...unknown.map((where) => ({ where, message: 'is no variable' })),
    ]);
}
