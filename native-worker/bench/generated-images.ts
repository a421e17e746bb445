// A folder of JPEGs like ImageNet's: 500 x 375 px, soft shapes with grain, about 70 kB each. For benchmarks alone.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyedRandom, streams } from '../../core/random.ts';

const [width, height, classes] = [500, 375, 4];
const prefix = 'unsmooth-images-';

/** A folder with images/train/<class>/<n>.jpg; the caller removes it. `goOn` is asked before each image, and ends the work by throwing. */
export async function generatedImages(count: number, goOn: () => void): Promise<string> {
  removeLeftOver();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    await fill(folder, count, goOn);
    return folder;
  } catch (e) {
    rmSync(folder, { recursive: true, force: true });
    throw e;
  }
}

/** Folders of processes that were killed. */
function removeLeftOver(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1] ?? process.pid);
    if (!isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return !(e instanceof Error && 'code' in e && e.code === 'ESRCH');
  }
}

async function fill(folder: string, count: number, goOn: () => void): Promise<void> {
  const { default: sharp } = await import('sharp');
  for (let c = 0; c < classes; c++) mkdirSync(join(folder, 'images', 'train', `class-${c}`), { recursive: true });
  for (let i = 0; i < count; i++) {
    goOn();
    const random = keyedRandom(0, streams.init, i, 2);
    const shapes = Uint8Array.from({ length: 25 * 19 * 3 }, () => random.int(256));
    const soft = await sharp(shapes, { raw: { width: 25, height: 19, channels: 3 } })
      .resize(width, height, { fit: 'fill' })
      .raw()
      .toBuffer();
    for (let p = 0; p < soft.length; p++) soft[p] = Math.max(0, Math.min(255, soft[p]! + (random.uint32() & 31) - 16));
    const jpeg = await sharp(soft, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toBuffer();
    writeFileSync(join(folder, 'images', 'train', `class-${i % classes}`, `${i}.jpg`), jpeg);
  }
}
