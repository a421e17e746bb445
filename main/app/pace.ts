// How fast a training goes, from the lines it writes: over the last half minute of training, so that evaluation and probes count.

interface Mark {
  step: number;
  wall: number;
  images_per_s: number | null;
}

const seconds = 30;
const most = 2000;

export class Pace {
  #marks: Mark[] = [];

  /** `wall`: seconds of training when `step` was done. */
  step(step: number, wall: number, images_per_s: number | null): void {
    if (step <= (this.#marks.at(-1)?.step ?? -1)) this.#marks = [];
    this.#marks.push({ step, wall, images_per_s });
    const old = this.#marks.findIndex((m) => wall - m.wall <= seconds);
    this.#marks.splice(0, Math.max(old, this.#marks.length - most));
  }

  /** Seconds until `steps` are done; null while it is not known. */
  eta(steps: number | null): number | null {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (steps === null || !first || !last || last.step === first.step || last.wall <= first.wall) return null;
    return ((steps - last.step) * (last.wall - first.wall)) / (last.step - first.step);
  }

  /** Mean over the last twenty lines. */
  imagesPerSecond(): number | null {
    const rates = this.#marks.slice(-20).flatMap((m) => (m.images_per_s === null ? [] : [m.images_per_s]));
    return rates.length === 0 ? null : rates.reduce((a, b) => a + b, 0) / rates.length;
  }
}
