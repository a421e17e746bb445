// A folder of small JPEGs for tests of the loader: train/<class>/<n>.jpg and val/<class>/<n>.jpg, each of one colour of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

export async function writeImages(folder: string, train: number, val: number): Promise<void> {
  for (const [split, count] of [
    ['train', train],
    ['val', val],
  ] as const)
    for (let i = 0; i < count; i++) {
      const to = path.join(folder, split, i % 2 ? 'odd' : 'even');
      mkdirSync(to, { recursive: true });
      const [width, height] = [20 + (i % 5), 16 + (i % 7)];
      const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 53) % 256 };
      const image = sharp({ create: { width, height, channels: 3, background } });
      writeFileSync(path.join(to, `${String(i).padStart(3, '0')}.jpg`), await image.jpeg({ quality: 95 }).toBuffer());
    }
}
