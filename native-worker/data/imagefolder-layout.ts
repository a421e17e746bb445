// Which folders of an image folder are splits and which are classes, decided by what is there. Reads names alone.
import { existsSync, readFileSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import { Findings } from './findings.ts';
import { joined, type Listing, listFolder } from './folder.ts';
import { counted, isSplitName, listed, shown } from './names.ts';

/** A split as folders, relative to the root. */
export interface LayoutSplit {
  name: string;
  /** Class folders, each with the key that its class is named by; null: the images lie in `folder`. */
  classes: { folder: Buffer; key: Buffer }[] | null;
  folder: Buffer;
  /** File name → class key, where a file beside the images says so. */
  annotations: ReadonlyMap<string, Buffer> | null;
}
export interface Layout {
  splits: LayoutSplit[];
  /** One sentence: what was detected. */
  said: string;
}

const none = Buffer.alloc(0);
const imagesFolder = Buffer.from('images');

/** The layout of the folder `root`. Throws DATASET_INVALID naming what was seen. */
export function layoutOf(root: string): Layout {
  const look = (folder: Buffer) => listFolder(joined(Buffer.from(root), folder), new Findings());
  const top = look(none);
  const inside = new Map(top.folders.map((name) => [name, look(name)] as const));
  const filled = top.folders.filter((f) => holdsImages(f, inside.get(f), look));
  if (filled.length === 0) return flatLayout(root, top);
  if (existsSync(`${root}/val/val_annotations.txt`)) return tinyLayout(root, filled, inside, look);
  const named = filled.filter((f) => isSplitName(shown(f)));
  if (named.length === 0) refuseSplitsBelow(root, filled, look);
  const nested = filled.filter((f) => inside.get(f)?.images.length === 0);
  const splits =
    named.length > 0 ? named : nested.length === filled.length && sharesClasses(filled, inside) ? filled : [];
  if (splits.length > 0) return splitLayout(splits, filled, inside);
  const said = `image folder: ${counted(top.folders.length, 'class folder')} of images, one split named all`;
  return { splits: [classSplit('all', none, top.folders)], said };
}

/** Whether there is an image in `folder`, or up to three folders below it. */
function holdsImages(folder: Buffer, listing: Listing | undefined, look: (f: Buffer) => Listing, depth = 3): boolean {
  if (!listing) return false;
  if (listing.images.length > 0) return true;
  if (depth === 0) return false;
  return listing.folders.some((name) => {
    const below = joined(folder, name);
    return holdsImages(below, look(below), look, depth - 1);
  });
}

/** Folders of one name, or one folder alone: then the names below are classes, and those above splits. */
function sharesClasses(folders: readonly Buffer[], inside: ReadonlyMap<Buffer, Listing>): boolean {
  if (folders.length === 1) return true;
  const times = new Map<string, number>();
  for (const folder of folders)
    for (const name of inside.get(folder)?.folders ?? []) {
      const key = name.toString('latin1');
      times.set(key, (times.get(key) ?? 0) + 1);
    }
  const shared = [...times.values()].filter((n) => n > 1).length;
  return shared * 2 >= times.size;
}

/** Folders named as splits are never classes. Throws DATASET_INVALID where they lie deeper, as unpacked archives have them, or in class folders. */
function refuseSplitsBelow(root: string, filled: readonly Buffer[], look: (f: Buffer) => Listing): void {
  const splitsIn = (folder: Buffer) =>
    look(folder).folders.filter((f) => {
      const below = joined(folder, f);
      return isSplitName(shown(f)) && holdsImages(below, look(below), look);
    });
  const [first] = filled;
  if (filled.length === 1 && first) {
    for (let at = first, depth = 0; depth < 4; depth++) {
      const full = shown(joined(Buffer.from(root), at));
      const splits = splitsIn(at).map(shown);
      if (splits.length > 0)
        throw new UnsmoothError(
          'DATASET_INVALID',
          `${root}: the data lies deeper: ${full} holds ${listed(splits)}`,
          `Give ${full}.`,
        );
      const below = look(at);
      if (below.images.length > 0 || below.folders.length !== 1) return;
      at = joined(at, below.folders[0]!);
    }
    return;
  }
  const turned = filled.find((f) => splitsIn(f).length > 0 && splitsIn(f).length === look(f).folders.length);
  if (turned)
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${root}: expected split/class/image or class/image, found ${shown(turned)}/${shown(splitsIn(turned)[0]!)}: splits inside of classes`,
      'Lay images out as split/class/image, or give one of these folders.',
    );
}

const classSplit = (name: string, folder: Buffer, names: readonly Buffer[]): LayoutSplit => ({
  name,
  folder,
  classes: names.map((key) => ({ folder: joined(folder, key), key })),
  annotations: null,
});
const flatSplit = (name: string, folder: Buffer): LayoutSplit => ({ name, folder, classes: null, annotations: null });

function flatLayout(root: string, top: Listing): Layout {
  if (top.images.length > 0)
    return {
      splits: [flatSplit('all', none)],
      said: 'image folder: images without class folders, so without labels; one split named all',
    };
  const seen = [...top.folders, ...top.others].map(shown);
  throw new UnsmoothError(
    'DATASET_INVALID',
    `${root}: expected folders of images, found ${seen.length > 0 ? listed(seen) : 'an empty folder'}`,
    'Lay images out as split/class/image or class/image.',
  );
}

function splitLayout(
  chosen: readonly Buffer[],
  filled: readonly Buffer[],
  inside: ReadonlyMap<Buffer, Listing>,
): Layout {
  const splits = chosen.map((folder) => {
    const { folders = [] } = inside.get(folder) ?? {};
    return folders.length > 0 ? classSplit(shown(folder), folder, folders) : flatSplit(shown(folder), folder);
  });
  const parts = splits.map(
    (s) =>
      `${s.name}/ ${s.classes ? `holds ${counted(s.classes.length, 'class folder')}` : 'holds images without labels'}`,
  );
  const left = filled.filter((f) => !chosen.includes(f)).map((f) => `${shown(f)}/`);
  const besides = left.length > 0 ? `; not read, since it is not named as a split is: ${listed(left)}` : '';
  return { splits, said: `image folder: ${parts.join(', ')}${besides}` };
}

/** Tiny ImageNet: train/<wnid>/images/*, val/images/* with val_annotations.txt, test/images/* without labels. */
function tinyLayout(
  root: string,
  filled: readonly Buffer[],
  inside: ReadonlyMap<Buffer, Listing>,
  look: (f: Buffer) => Listing,
): Layout {
  const splits = filled.map((folder): LayoutSplit => {
    const name = shown(folder);
    const { folders = [] } = inside.get(folder) ?? {};
    const flat = folders.length === 1 && folders[0]?.equals(imagesFolder);
    const images = joined(folder, imagesFolder);
    if (!flat || look(images).folders.length > 0) return classSplit(name, folder, folders);
    return {
      ...flatSplit(name, images),
      annotations: name === 'val' ? annotationsOf(`${root}/val/val_annotations.txt`) : null,
    };
  });
  const said = `image folder in Tiny ImageNet's layout: ${splits.map((s) => s.name).join(', ')}; classes of val/ by val_annotations.txt`;
  return { splits, said };
}

/** `name<tab>class<tab>box …` by line. */
function annotationsOf(file: string): Map<string, Buffer> {
  const lines = readFileSync(file, 'latin1').split(/\r?\n/);
  return new Map(
    lines
      .map((l) => l.split('\t'))
      .flatMap(([name, key]) => (name && key ? [[name, Buffer.from(key, 'latin1')] as const] : [])),
  );
}
