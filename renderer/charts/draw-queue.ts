// When charts are drawn: a few milliseconds a frame, one after the other, and only those in view. So a batch of numbers that reaches
// ten charts at once costs no frame. It knows no chart.

/** Of the 16 that a frame has at 60 a second; a drawing that is begun is ended. */
const msAFrame = 5;

export interface Drawing {
  draw(): void;
  /** False: it waits until it is asked for again. */
  due(): boolean;
}

export class DrawQueue {
  readonly #waiting = new Set<Drawing>();
  readonly #later: (work: () => void) => void;
  readonly #now: () => number;
  #asked = false;

  /** `later`: calls back at the next frame. `now`: a clock, in ms. */
  constructor(
    later: (work: () => void) => void = (work) => requestAnimationFrame(work),
    now: () => number = () => performance.now(),
  ) {
    this.#later = later;
    this.#now = now;
  }

  /** Asked for twice before its turn, it is drawn once. */
  add(drawing: Drawing): void {
    this.#waiting.add(drawing);
    this.#ask();
  }
  remove(drawing: Drawing): void {
    this.#waiting.delete(drawing);
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#later(() => this.#frame());
  }
  #frame(): void {
    this.#asked = false;
    const end = this.#now() + msAFrame;
    for (const drawing of this.#waiting) {
      this.#waiting.delete(drawing);
      if (!drawing.due()) continue;
      try {
        drawing.draw();
      } finally {
        if (this.#waiting.size > 0) this.#ask();
      }
      if (this.#now() >= end) return;
    }
  }
}
