// A program: the functions of one job and which variables each is bound to. One program is one SavedModel, because
// variables cannot be shared between two.
import { UnsmoothError } from '../../contract/errors.ts';
import { describeSpec, type Spec, type Specs, sameSpec } from './spec.ts';
import type { TracedFunction } from './trace.ts';

/** A function under a name. `bind` maps the function's variable to the program's: eval runs on weights and on their mean. */
export interface Call {
  readonly name: string;
  readonly fn: TracedFunction;
  readonly bind?: (variable: string) => string;
  readonly form?: 'xla' | 'graph';
}

export interface Program {
  readonly calls: readonly Call[];
}

/** The program's variable for a function's variable. */
export function boundName(call: Call, variable: string): string {
  return call.bind === undefined ? variable : call.bind(variable);
}

/**
 * The union of all bound variables.
 * @throws UnsmoothError INTERNAL when two calls disagree on a spec, when two variables of one call are bound to one, or when
 * two calls share a name
 */
export function programVariables(program: Program): Specs {
  const variables: Record<string, Spec> = {};
  const names = new Set<string>();
  for (const call of program.calls) {
    if (names.has(call.name)) throw new UnsmoothError('INTERNAL', `Two calls of the program are named ${call.name}.`);
    names.add(call.name);
    const taken = new Set<string>();
    for (const [name, spec] of Object.entries(call.fn.variables)) {
      const bound = boundName(call, name);
      if (taken.has(bound))
        throw new UnsmoothError('INTERNAL', `Call ${call.name} binds two of its variables to "${bound}".`);
      taken.add(bound);
      const known = variables[bound];
      if (known !== undefined && !sameSpec(known, spec))
        throw new UnsmoothError(
          'INTERNAL',
          `Variable "${bound}" is ${describeSpec(known)} in one call and ${describeSpec(spec)} in ${call.name}.`,
        );
      variables[bound] = spec;
    }
  }
  return variables;
}
