// Lines of JSON out of pieces of text, as a file that grows is read. It knows nothing of what the lines mean.

/** Whole lines out of pieces of text; the torn rest waits for the next piece. */
export class LineBreaker {
  #rest = '';
  push(text: string, each: (line: string) => void): void {
    const whole = this.#rest + text;
    let from = 0;
    for (let at = whole.indexOf('\n'); at >= 0; at = whole.indexOf('\n', from)) {
      if (at > from) each(whole.slice(from, at));
      from = at + 1;
    }
    this.#rest = whole.slice(from);
  }
  /** The rest counts as a line: nothing comes after it. */
  end(each: (line: string) => void): void {
    if (this.#rest) each(this.#rest);
    this.#rest = '';
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined; // torn or damaged: counted by the caller
  }
}

/** A whole number that can be counted with. */
export const isInt = (x: unknown): x is number => Number.isSafeInteger(x);
