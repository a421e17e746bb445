// A folder of JPEGs like ImageNet's: 500 x 375 px, soft shapes with grain, about 70 kB each. For benchmarks alone.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyedRandom, streams } from '../../core/random.ts';

const [width, height, classes] = [500, 375, 4];

/** A folder train/<class>/<n>.jpg; the caller removes it. */
export async function generatedImages(count: number): Promise<string> {
  const { default: sharp } = await import('sharp');
  const folder = mkdtempSync(join(tmpdir(), 'unsmooth-images-'));
  for (let c = 0; c < classes; c++) mkdirSync(join(folder, 'train', `class-${c}`), { recursive: true });
  for (let i = 0; i < count; i++) {
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
    writeFileSync(join(folder, 'train', `class-${i % classes}`, `${i}.jpg`), jpeg);
  }
  return folder;
}
