// Draws a small folder of images by class and split, as a user's may be: of several sizes, two broken, some files that are none.
// Also what the recorded library shows.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const classes = ['bubbles', 'hills', 'stripes'] as const;

/** Numbers in 0..1 from a seed, the same everywhere. */
function numbers(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 12)) >>> 0) / 2 ** 32;
  };
}

/** A picture of a class as SVG. */
function picture(kind: (typeof classes)[number], seed: number): string {
  const next = numbers(seed);
  const [width, height] = [120 + Math.floor(next() * 9) * 10, 100 + Math.floor(next() * 8) * 10];
  const hue = Math.floor(next() * 360);
  const colour = (turn: number, light: number) => `hsl(${(hue + turn) % 360} 55% ${light}%)`;
  const shapes = {
    bubbles: () =>
      Array.from({ length: 9 }, (_, i) => {
        const [x, y, r] = [next() * width, next() * height, 8 + next() * 26];
        return `<circle cx="${x}" cy="${y}" r="${r}" fill="${colour(30 * (i % 3), 55)}" fill-opacity="0.75"/>`;
      }),
    hills: () =>
      [0.45, 0.6, 0.75].map((at, i) => {
        const top = (share: number) => height * (at + 0.15 * Math.sin(share * 6 + next() * 4));
        const points = Array.from({ length: 9 }, (_, k) => `${(k / 8) * width},${top(k / 8)}`).join(' ');
        return `<polygon points="0,${height} ${points} ${width},${height}" fill="${colour(80 + 15 * i, 58 - 14 * i)}"/>`;
      }),
    stripes: () => {
      const step = 10 + next() * 14;
      const tilt = next() * 80 - 40;
      return Array.from({ length: 30 }, (_, i) => {
        const x = (i - 8) * step;
        return `<path d="M${x} 0l${tilt} ${height}h${step / 2}l${-tilt} ${-height}z" fill="${colour(i % 2 ? 40 : 170, 50)}"/>`;
      });
    },
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${colour(200, 86)}"/>${shapes[kind]().join('')}</svg>`;
}

/** Writes `folder`: train and val, three classes, `each` images a class in all; returns the paths of the two that are broken. */
export async function drawPictures(folder: string, each = 40): Promise<string[]> {
  for (const [c, kind] of classes.entries())
    for (let i = 0; i < each; i++) {
      const file = path.join(folder, i % 4 === 3 ? 'val' : 'train', kind, `${kind}-${String(i).padStart(3, '0')}.jpg`);
      mkdirSync(path.dirname(file), { recursive: true });
      await sharp(Buffer.from(picture(kind, 1000 * c + i + 1)))
        .jpeg({ quality: 82 })
        .toFile(file);
    }
  const broken = ['hills/hills-001.jpg', 'stripes/stripes-notes.png'].map((f) => path.join(folder, 'train', f));
  const [torn = '', text = ''] = broken;
  const whole = readFileSync(torn);
  writeFileSync(torn, whole.subarray(0, whole.length / 2));
  writeFileSync(text, 'these are notes, not an image\n');
  writeFileSync(path.join(folder, 'train', '.DS_Store'), '');
  writeFileSync(path.join(folder, 'train', 'hills', '._hills-001.jpg'), '');
  return broken;
}
