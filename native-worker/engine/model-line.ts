// Which line of model code asked for something: read off a stack, so that a refusal points at the user's file.

/** Frames of the engine itself, of packages (also by the names in tfjs's own source maps), of Node. */
const inside =
  /native-worker[\\/]engine[\\/]|[\\/]node_modules[\\/]|(^|[\\/])tfjs-[\w-]+[\\/]src[\\/]|^node:|^native |internal[\\/]/;
/** tfjs's own functions, for a bundle without source maps, where every frame lies in one file. */
const tfjsFunction =
  /__op\b|\b(Engine|Tensor)\.|^(Object\.)?(tidy|scopedRun|runKernel\w*|valueAndGrads?|customGrad|f2)\b/;

interface Frame {
  readonly fn: string;
  readonly file: string;
  readonly line: string;
}

function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap((text) => {
    const m = /^\s*at (?:(.*?) \()?(.*?):(\d+):\d+\)?$/.exec(text);
    return m === null
      ? []
      : [{ fn: m[1] ?? '', file: m[2]!.replace(/^async /, '').replace(/^file:\/\//, ''), line: m[3]! }];
  });
}

/**
 * `file:line` of the first frame outside the engine and packages, or `undefined` when there is none.
 * In a bundle that has no source map in use every frame has one file; then the first frame after tfjs's own functions is taken.
 */
export function modelLine(stack: string | undefined): string | undefined {
  const frames = framesOf(stack ?? '').filter((f) => !f.file.startsWith('node:'));
  const files = new Set(frames.map((f) => f.file));
  let candidates = frames.filter((f) => !inside.test(f.file));
  if (files.size === 1 || (candidates.length > 0 && tfjsFunction.test(candidates[0]!.fn))) {
    const last = candidates.findIndex(
      (f, i) => tfjsFunction.test(f.fn) && !tfjsFunction.test(candidates[i + 1]?.fn ?? ''),
    );
    candidates = candidates.slice(last + 1);
  }
  const frame = candidates[0];
  return frame === undefined ? undefined : `${frame.file}:${frame.line}`;
}
