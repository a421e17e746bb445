// Whether a turn of the wheel over a chart zooms it or scrolls the page. A page full of charts has to be scrollable with the pointer
// anywhere: what began as a scroll stays one until the pointer itself moves, and zooming out further than all is a scroll.

export class WheelGate {
  #at = '';
  #scrolling = false;

  /** The pointer is at this place of the window. Browsers also say so after a scroll, with the place unchanged. */
  moved(clientX: number, clientY: number): void {
    const at = `${clientX} ${clientY}`;
    if (at !== this.#at) this.#scrolling = false;
    this.#at = at;
  }

  /** `deltaY` above 0 zooms out; `zoomed`: less than everything is shown. */
  zooms({ deltaY, clientX, clientY }: Pick<WheelEvent, 'deltaY' | 'clientX' | 'clientY'>, zoomed: boolean): boolean {
    const known = this.#at === `${clientX} ${clientY}`;
    if (!known || this.#scrolling || (deltaY > 0 && !zoomed)) {
      this.#scrolling = true;
      this.#at = `${clientX} ${clientY}`;
      return false;
    }
    return true;
  }
}
