// Folders of image files as a dataset: an index of their paths and classes, made once. Decodes nothing but a few heads.
import { statSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { channelsOfFiles } from './channels.ts';
import { type Classes, classesOf, emptyClass } from './class-names.ts';
import type { Dataset } from './dataset.ts';
import { Findings } from './findings.ts';
import { type Ancestors, identityOf, joined, type Listing, listFolder, statOf } from './folder.ts';
import { type Layout, type LayoutSplit, layoutOf } from './imagefolder-layout.ts';
import type { IndexHeader } from './index-format.ts';
import { indexOf, stampOf } from './index-store.ts';
import { type IndexWriter, SplitWriter } from './index-writer.ts';
import { indexedDataset } from './indexed.ts';
import { shown } from './names.ts';
import type { Opening } from './open.ts';
import { Pace } from './pace.ts';
import { fileRecordBytes, writeFileRecord } from './sources/files.ts';

const kind = 'imagefolder';
const none = Buffer.alloc(0);

/** Throws DATASET_INVALID where there are no images, STOPPED when cancelled. */
export async function openImageFolder(location: DatasetLocation, opening?: Opening): Promise<Dataset> {
  const index = await indexOf(location, kind, (writer) => new FolderIndexer(writer, location.path, opening).run());
  return indexedDataset(location, index, (split) => ({
    kind: 'files',
    index: index.file,
    sum: index.sum,
    root: index.base,
    table: split.table,
  }));
}

class FolderIndexer {
  private readonly findings = new Findings();
  private readonly stamps: IndexHeader['stamps'] = [];
  private readonly pace: Pace;
  private readonly base: Buffer;
  private done = 0;
  private readonly writer: IndexWriter;
  private readonly root: string;
  constructor(writer: IndexWriter, root: string, opening: Opening | undefined) {
    this.writer = writer;
    this.root = root;
    this.base = Buffer.from(root);
    this.pace = new Pace(opening);
  }

  async run(): Promise<void> {
    const layout = layoutOf(this.root);
    this.findings.note(layout.said);
    this.stamp(none);
    this.outside(
      none,
      layout.splits.some((s) => s.folder.length === 0 && !s.classes),
    );
    const classes = classesOf(this.root, keysOf(layout), this.findings);
    for (const file of classes.readFrom) this.stamp(Buffer.from(file));
    this.writer.fingerprint(`${kind}\n${classes.names.join('\n')}\n`);
    const splits: SplitWriter[] = [];
    for (const split of layout.splits) splits.push(await this.split(split, classes));
    if (this.done === 0) throw new UnsmoothError('DATASET_INVALID', `${this.root}: there is no image in it`);
    const channels = await channelsOfFiles(this.samples);
    this.writer.finish(splits, {
      stamps: this.stamps,
      classes: classes.names.length,
      classNames: classes.names,
      channels,
      notes: this.findings.notes(),
      problems: this.findings.problems,
      problemCount: this.findings.problemCount,
      files: [],
      column: null,
    });
  }

  /** Some paths, evenly spread: every second is dropped when they get too many. */
  private samples: Buffer[] = [];
  private every = 1;
  private sample(path: Buffer): void {
    if (this.done % this.every === 0) this.samples.push(path);
    if (this.samples.length < 128) return;
    this.samples = this.samples.filter((_, i) => i % 2 === 0);
    this.every *= 2;
  }

  private async split(layout: LayoutSplit, classes: Classes): Promise<SplitWriter> {
    const split = new SplitWriter(layout.name, layout.classes !== null, fileRecordBytes);
    this.writer.fingerprint(`split ${layout.name}\n`);
    if (layout.folder.length > 0) {
      this.stamp(layout.folder);
      this.outside(layout.folder, !layout.classes);
    }
    const above = new Set([this.base, this.full(layout.folder)].map((f) => identityOf(statOf(f))));
    if (!layout.classes) await this.flat(split, layout, classes);
    for (const { folder, key } of layout.classes ?? [])
      await this.classFolder(split, folder, classes.indexOf(key), above);
    return split;
  }

  /** Noise, and images beside the folders that count: neither is read. */
  private outside(folder: Buffer, imagesCount: boolean): void {
    const { images } = listFolder(this.full(folder), this.findings);
    if (!imagesCount) this.findings.ignored('images outside the class folders', images.length);
  }

  private async flat(split: SplitWriter, { folder, annotations }: LayoutSplit, classes: Classes): Promise<void> {
    const { images } = listFolder(this.full(folder), new Findings());
    if (annotations) this.stamp(Buffer.from('val/val_annotations.txt'));
    for (const name of images) {
      const key = annotations?.get(name.toString('latin1'));
      if (annotations && !key)
        this.findings.problem(shown(this.full(joined(folder, name))), 'val_annotations.txt does not name it: no label');
      await this.image(split, joined(folder, name), key ? classes.indexOf(key) : -1);
    }
  }

  private async classFolder(split: SplitWriter, folder: Buffer, label: number, above: Ancestors): Promise<void> {
    const before = split.count;
    const found: [Buffer, Listing][] = [];
    this.collect(folder, above, found);
    // torchvision's order: folders by path, in each its files by name.
    found.sort(([a], [b]) => Buffer.compare(a, b));
    for (const [path, { images }] of found)
      for (const name of images) await this.image(split, joined(path, name), label);
    if (split.count === before)
      emptyClass(
        this.findings,
        shown(this.full(folder)),
        found.flatMap(([, l]) => [...l.unreadable, ...l.others].map(shown)),
      );
  }

  /** Every folder from `folder` down; a link back to one above is left out. */
  private collect(folder: Buffer, above: Ancestors, found: [Buffer, Listing][]): void {
    const full = this.full(folder);
    const identity = identityOf(statOf(full));
    if (above.has(identity)) {
      this.findings.problem(shown(full), 'a link to a folder that it lies in: ignored');
      return;
    }
    this.stamp(folder);
    const listing = listFolder(full, this.findings);
    this.findings.ignored('files that are no images', listing.others.length);
    found.push([folder, listing]);
    const path = new Set([...above, identity]);
    for (const name of listing.folders) this.collect(joined(folder, name), path, found);
  }

  private async image(split: SplitWriter, path: Buffer, label: number): Promise<void> {
    let size: number;
    const full = this.full(path);
    try {
      size = statSync(full).size;
    } catch (e) {
      this.findings.problem(shown(full), UnsmoothError.from(e).message);
      return;
    }
    split.label(label);
    writeFileRecord(split.table.next(), this.writer.append(path), path.length);
    this.writer.fingerprint(path);
    this.writer.fingerprint(`\0${size} ${label}\n`);
    this.sample(full);
    this.done++;
    if (this.pace.due()) await this.pace.rest(this.done, null, 'reading file names');
  }

  private full(path: Buffer): Buffer {
    return joined(this.base, path);
  }
  private stamp(path: Buffer): void {
    this.stamps.push(stampOf(this.full(path), path.toString('latin1')));
  }
}

function* keysOf({ splits }: Layout): Iterable<Buffer> {
  for (const split of splits) {
    for (const { key } of split.classes ?? []) yield key;
    yield* split.annotations?.values() ?? [];
  }
}
