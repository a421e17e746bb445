// Which files of a folder are the images and labels of which split, in MNIST's layout: train-images-idx3-ubyte, t10k-images-idx3-ubyte (split
// "test") and any `<split>-images*`, `.gz` or not. Knows names alone.

const imageFile = /^(.+?)[-._]images(?:[-.]idx3)?(?:[-.]ubyte)?(?:\.gz)?$/;
const labelFile = /^(.+?)[-._]labels(?:[-.]idx1)?(?:[-.]ubyte)?(?:\.gz)?$/;

export interface IdxFiles {
  split: string;
  /** What the file names begin with. */
  prefix: string;
  images: string;
  /** Undefined where there is none beside it. */
  labels: string | undefined;
}

/** One entry per images file, in alphabetical order; of a plain and a compressed twin the plain one, since it is faster to read. */
export function idxSplits(files: readonly string[]): IdxFiles[] {
  const sorted = [...files].sort();
  const images = byPrefix(sorted, imageFile);
  const labels = byPrefix(sorted, labelFile);
  return [...images].map(([prefix, file]) => ({
    split: prefix === 't10k' && !images.has('test') ? 'test' : prefix,
    prefix,
    images: file,
    labels: labels.get(prefix),
  }));
}

function byPrefix(files: readonly string[], pattern: RegExp): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of files) {
    const prefix = pattern.exec(file)?.[1];
    if (prefix && (!found.has(prefix) || !file.endsWith('.gz'))) found.set(prefix, file);
  }
  return found;
}
