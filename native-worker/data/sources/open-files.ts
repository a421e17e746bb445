// A few files kept open, the least recently used one closed for the next: a reader holds few descriptors, however many shards there are.
import { closeSync, openSync } from 'node:fs';

const most = 8;

export class OpenFiles {
  private readonly pathOf: (file: number) => Buffer;
  private readonly descriptors = new Map<number, number>();
  constructor(pathOf: (file: number) => Buffer) {
    this.pathOf = pathOf;
  }
  fd(file: number): number {
    const known = this.descriptors.get(file);
    const fd = known ?? openSync(this.pathOf(file), 'r');
    this.descriptors.delete(file);
    this.descriptors.set(file, fd);
    const oldest = this.descriptors.size > most ? this.descriptors.entries().next().value : undefined;
    if (oldest) {
      closeSync(oldest[1]);
      this.descriptors.delete(oldest[0]);
    }
    return fd;
  }
  close(): void {
    for (const fd of this.descriptors.values()) closeSync(fd);
    this.descriptors.clear();
  }
}
