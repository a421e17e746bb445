// Mean and standard deviation per channel over many images, exactly: by the histogram of the bytes.

export class PixelStatistics {
  private readonly channels: 1 | 3;
  private readonly histograms: Float64Array[];
  constructor(channels: 1 | 3) {
    this.channels = channels;
    this.histograms = Array.from({ length: channels }, () => new Float64Array(256));
  }
  /** uint8 (height, width, channels), of any size: every pixel weighs the same. */
  add(pixels: Uint8Array): void {
    for (const [c, histogram] of this.histograms.entries())
      for (let i = c; i < pixels.length; i += this.channels) histogram[pixels[i]!]!++;
  }
  /** Scaled to 0..1; empty where nothing was added. */
  meanAndStd(): { mean: number[]; std: number[] } {
    const moments = this.histograms.flatMap((histogram) => {
      const pixels = histogram.reduce((a, b) => a + b, 0);
      if (pixels === 0) return [];
      const moment = (f: (x: number) => number) => histogram.reduce((sum, n, v) => sum + n * f(v / 255), 0) / pixels;
      const mean = moment((x) => x);
      return [{ mean, std: Math.sqrt(moment((x) => (x - mean) ** 2)) }];
    });
    return { mean: moments.map((m) => m.mean), std: moments.map((m) => m.std) };
  }
}
