// Records of one size whose number is not known before: one buffer that doubles.

export class Growing {
  private readonly recordBytes: number;
  private buffer = Buffer.alloc(0);
  count = 0;
  constructor(recordBytes: number) {
    this.recordBytes = recordBytes;
  }
  /** A new record, to be written to at once. */
  next(): Buffer {
    const from = this.count * this.recordBytes;
    if (from + this.recordBytes > this.buffer.length) {
      const larger = Buffer.alloc(Math.max(1024 * this.recordBytes, this.buffer.length * 2));
      this.buffer.copy(larger);
      this.buffer = larger;
    }
    this.count++;
    return this.buffer.subarray(from, from + this.recordBytes);
  }
  bytes(): Buffer {
    return this.buffer.subarray(0, this.count * this.recordBytes);
  }
}
