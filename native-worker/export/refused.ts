// Why a model cannot be given back in a form. Every part at fault is named.
import { type Problem, UnsmoothError } from '../../contract/errors.ts';

/** USAGE: the target has no place for these parts of the model. */
export function notExpressible(target: string, problems: readonly Problem[]): UnsmoothError {
  return new UnsmoothError(
    'USAGE',
    `${target} cannot express this model: ${problems.map((p) => `${p.where} (${p.message})`).join(', ')}`,
    'Export it to another target; onnx takes every model.',
    problems,
  );
}

export function tooLarge(target: string, bytes: number, cap: number): UnsmoothError {
  return new UnsmoothError(
    'USAGE',
    `${target}: the file would have ${bytes} bytes, the format takes at most ${cap}`,
    'Export to timm or hugging-face.',
  );
}
