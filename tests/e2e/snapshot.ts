// Pictures of pages against the ones that were looked at and kept. UPDATE_SNAPSHOTS=1 keeps what is there now.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

const folder = path.join(import.meta.dirname, 'snapshots');
/** Share of pixels that may differ: other versions of the runtime draw letters a little differently. */
const tolerance = 0.02;

/** Null where they agree; else a sentence, with the picture and the difference beside the kept one. */
export function differs(name: string, picture: Buffer): string | null {
  const file = path.join(folder, `${name}.png`);
  mkdirSync(folder, { recursive: true });
  if (process.env.UPDATE_SNAPSHOTS === '1') {
    writeFileSync(file, picture);
    return null;
  }
  if (!existsSync(file)) return `${file} does not exist; make it with UPDATE_SNAPSHOTS=1, look at it, commit it`;
  const [kept, now] = [PNG.sync.read(readFileSync(file)), PNG.sync.read(picture)];
  if (kept.width !== now.width || kept.height !== now.height)
    return `${name}: ${now.width}x${now.height} px, kept ${kept.width}x${kept.height}`;
  const difference = new PNG({ width: kept.width, height: kept.height });
  const pixels = pixelmatch(kept.data, now.data, difference.data, kept.width, kept.height, { threshold: 0.2 });
  const share = pixels / (kept.width * kept.height);
  if (share <= tolerance) return null;
  writeFileSync(file.replace(/\.png$/, '.now.png'), picture);
  writeFileSync(file.replace(/\.png$/, '.difference.png'), PNG.sync.write(difference));
  return `${name}: ${(100 * share).toFixed(1)} % of the pixels differ; see ${name}.now.png and ${name}.difference.png`;
}
